package main

import "github.com/inkling-sec/inkling/dataset"

// furtherSets are tables of R's packages and of Weka, which further.R writes: two classes or more of ordinary things, neither
// rare nor odd, where outliers are what most sets of ADBench are made of. The vote was judged on them once before they
// served to choose how much logistic regression counts in it.
var furtherSets = []set{
	further("ad_data", "impaired among healthy people, by proteins", "Class", "Control"),
	further("attrition", "employees who left among others", "Attrition", "No"),
	further("breast-cancer", "recurrent among other cancers", "Class", "no-recurrence-events"),
	further("cells", "well among poorly segmented pictures of cells", "class", "PS", "case"),
	further("credit-g", "bad among good credits", "class", "good"),
	further("credit_data", "bad among good credits", "Status", "good"),
	further("DNA", "two kinds of splice junctions among other DNA", "Class", "n"),
	further("HouseVotes84", "republicans among democrats, by votes", "Class", "democrat"),
	further("hpc_data", "slower among very fast computing jobs", "class", "VF"),
	further("lending_club", "bad among good loans", "Class", "good"),
	further("mlc_churn", "customers who left among others", "churn", "no"),
	further("musk", "musks among other molecules", "Class", "0"),
	further("olive", "oils of other regions among Southern Italy's, by acids", "region", "Southern Italy", "area"),
	further("pd_speech", "healthy among people with Parkinson's disease, by speech", "class", "PD"),
	further("PimaIndiansDiabetes", "diabetes among others", "diabetes", "neg"),
	further("segment", "other ground among paths, by patches of pictures", "class", "path"),
	further("Sonar", "rocks among mines, by echo", "Class", "M"),
	further("Soybean", "other diseases among brown spots", "Class", "brown-spot"),
	further("spam", "spam among other mail, by words", "type", "nonspam"),
	further("stackoverflow", "those who work from afar among others", "Remote", "Not remote"),
	further("supermarket", "large among small purchases", "total", "low"),
	further("ticdata", "buyers of a policy among others", "CARAVAN", "noinsurance"),
	further("Vehicle", "other silhouettes among those of buses", "Class", "bus"),
	further("wa_churn", "customers who left among others", "churn", "No"),
}

func further(name, about, label, benign string, drop ...string) set {
	return set{name: "further/" + name, group: furtherGroup, about: about, folder: "further", benign: benign, draws: 5,
		load: one(dataset.Files{Names: []string{name + ".csv"}, Label: label, Drop: drop})}
}
