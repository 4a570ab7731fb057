package main

import (
	"context"
	"slices"

	"github.com/inkling-sec/inkling/dataset"
)

// set is one data set of the list.
type set struct {
	name   string
	group  string // one of the groups
	about  string // what a row and what a class is
	folder string // below the data folder
	benign string // the benign class
	rows   int    // least rows of a class to be held out; 0 means 50
	draws  int    // draws of each class unless --draws says otherwise, each with a cut of its own; 0 means 10
	apart  bool   // what is judged comes from other groups (patients, videos, files) than what is learned from
	kin    string // the development set that a test set has its source in common with
	load   func(ctx context.Context, folder string) ([]dataset.Part, error)
}

// The groups.
const (
	development  = "development"
	test         = "test"
	furtherGroup = "further"
)

// sets are all data sets. Development may be looked at as often as one likes; a
// test set once for each finished model, and never to choose anything. Draws are
// at least 10 for a set of one class and 3 a class for the others.
var sets = slices.Concat([]set{
	{name: "nsl-kdd-full", group: development, about: "connections of the DARPA test bed; a class is a kind of attack",
		folder: "nsl-kdd-full", benign: "normal", draws: 3,
		load: one(dataset.Files{Names: []string{"KDDTrain+.txt.gz", "KDDTest+.txt.gz"}, Header: append(kddColumns, "class", "difficulty"), Format: "csv", Drop: []string{"difficulty"}, Label: "class"})},
	{name: "unsw-nb15-partition", group: development, about: "connections; a class is a kind of attack",
		folder: "unsw-nb15-partition", benign: "Normal", draws: 3,
		load: one(dataset.Files{Names: []string{"UNSW_NB15_training-set.csv.gz"}, Drop: []string{"id", "label"}, Label: "attack_cat"})},
	adbench("2_annthyroid", development, "ill thyroid among healthy ones"),
	adbench("4_breastw", development, "malignant among benign cell samples"),
	adbench("6_cardio", development, "pathological among normal heart-rate traces of the unborn"),
	adbench("8_celeba", development, "bald among other faces, by attributes"),
	adbench("10_cover", development, "cottonwood among lodgepole pine, by terrain"),
	adbench("12_fault", development, "one kind of steel-plate fault among others"),
	adbench("14_glass", development, "one kind of glass among others; K = 1 only"),
	{name: "cicids2017-sample", group: development, about: "flows; a class is a kind of attack; without the destination port, which tells the test bed's victims",
		folder: "cicids2017-sample", benign: "Normal Traffic", rows: 30, draws: 3,
		load: one(dataset.Files{Names: []string{"cicids2017_sample.csv.gz"}, Drop: []string{"Destination Port"}, Label: "Attack Type"})},

	{name: "kddcup99", group: test, about: "connections of the DARPA test bed; a class is a kind of attack", kin: "nsl-kdd-full",
		folder: "kddcup99", benign: "normal.", draws: 3,
		load: one(dataset.Files{Names: []string{"kddcup.data_10_percent.gz"}, Header: append(kddColumns, "class"), Format: "csv", Label: "class"})},
	{name: "stratosphere-zeek", group: test, about: "flows of four captures, each a part: attacks from outside among a user's own traffic; background flows feed the statistics only",
		folder: "stratosphere-labeled-zeek", benign: "Benign", draws: 3, load: loadStratosphere},
	{name: "lab", group: test, about: "flows of the six captures of lab/, each a part; a class is a kind of attack",
		folder: labFolder, benign: "benign", draws: 1, load: loadLab},
	{name: "clamp", group: test, about: "malware among clean programs, by PE header",
		folder: "clamp", benign: "0", load: one(dataset.Files{Names: []string{"ClaMP_Integrated-5184.csv.gz"}, Label: "class"})},
	{name: "mal-api-2019", group: test, about: "one malware family among the seven others, by counts of API calls; each family is a part",
		folder: "mal-api-2019", benign: "other", draws: 3, load: dataset.MalAPI},
	{name: "creditcard-sample", group: test, about: "fraud among card payments (components); without time",
		folder: "creditcard-sample", benign: "0", load: one(dataset.Files{Names: []string{"data/creditcard_sample.csv.gz"}, Drop: []string{"column1", "Time"}, Label: "Class"})},
	{name: "amlsim-samples", group: test, about: "accounts of three simulated banks, each a part: laundering among others, by balance and transactions",
		folder: "amlsim-samples", benign: "0", draws: 4, load: dataset.AMLSim},
	{name: "mit-bih-arrhythmia", group: test, about: "heart beats, 128 samples each; a class is a beat symbol; patients are kept apart",
		folder: "mit-bih-arrhythmia", benign: "N", draws: 3, apart: true, load: dataset.MITBIH},
	{name: "jaad", group: test, about: "half seconds of a pedestrian's track: about to cross (in one to two seconds) among never crossing; videos are kept apart",
		folder: "jaad", benign: "stays", apart: true, load: dataset.JAAD},
	{name: "road-surface-accel", group: test, about: "ten readings of a phone in a car; a class is a kind of surface (undocumented), the commonest is benign; the two files are kept apart; without heading and magnetic field",
		folder: "road-surface-accel", benign: "0", draws: 3, apart: true, load: dataset.Road},
	{name: "traffic-accident-rta", group: test, about: "accidents: serious, fatal among slight; without the time of day and the severity of the casualty",
		folder: "traffic-accident-rta", benign: "0", draws: 5,
		load: one(dataset.Files{Names: []string{"RTA Dataset.csv.gz"}, Drop: []string{"Time", "Casualty_severity"}, Label: "Accident_severity"})},
	{name: "instafake", group: test, about: "fake among real accounts, by counts",
		folder: "instafake", benign: "real", load: dataset.Instafake},
	kin("nsl-kdd-full", adbench("16_http", test, "attacks among web connections of KDD Cup 99")),
	adbench("18_Ionosphere", test, "bad among good radar returns"),
	adbench("20_letter", test, "one letter among others"),
	adbench("22_magic.gamma", test, "hadron among gamma showers"),
	adbench("24_mnist", test, "sixes among zeros"),
	adbench("26_optdigits", test, "one digit among others"),
	adbench("28_pendigits", test, "one digit among others"),
	adbench("30_satellite", test, "rare kinds of ground among common ones"),
	adbench("32_shuttle", test, "faults among normal readings of the space shuttle"),
	kin("nsl-kdd-full", adbench("34_smtp", test, "attacks among mail connections of KDD Cup 99")),
	kin("adbench/2_annthyroid", adbench("38_thyroid", test, "hyperfunction of the thyroid among others")),
	adbench("40_vowels", test, "one speaker among others"),
	kin("adbench/4_breastw", adbench("42_WBC", test, "malignant among benign cell samples; K = 1 only")),
	adbench("44_Wilt", test, "diseased trees among other ground"),
	adbench("46_WPBC", test, "recurrent among other cancers"),
}, furtherSets)

// one makes a set of one part.
func one(f dataset.Files) func(context.Context, string) ([]dataset.Part, error) {
	return func(ctx context.Context, folder string) ([]dataset.Part, error) {
		d, err := f.Load(ctx, folder, f.Names[0])
		return []dataset.Part{{Data: d}}, err
	}
}

// adbench is one of ADBench's sets: outliers among inliers.
func adbench(name, group, about string) set {
	return set{name: "adbench/" + name, group: group, about: about, folder: "adbench", benign: "0", rows: 8,
		load: func(ctx context.Context, folder string) ([]dataset.Part, error) {
			return dataset.ADBench(ctx, folder, name+".npz")
		}}
}

func kin(of string, s set) set {
	s.kin = of
	return s
}

// kddColumns are the names of KDD Cup 99's features.
var kddColumns = []string{
	"duration", "protocol_type", "service", "flag", "src_bytes", "dst_bytes", "land", "wrong_fragment", "urgent", "hot",
	"num_failed_logins", "logged_in", "num_compromised", "root_shell", "su_attempted", "num_root", "num_file_creations",
	"num_shells", "num_access_files", "num_outbound_cmds", "is_host_login", "is_guest_login", "count", "srv_count",
	"serror_rate", "srv_serror_rate", "rerror_rate", "srv_rerror_rate", "same_srv_rate", "diff_srv_rate",
	"srv_diff_host_rate", "dst_host_count", "dst_host_srv_count", "dst_host_same_srv_rate", "dst_host_diff_srv_rate",
	"dst_host_same_src_port_rate", "dst_host_srv_diff_host_rate", "dst_host_serror_rate", "dst_host_srv_serror_rate",
	"dst_host_rerror_rate", "dst_host_srv_rerror_rate",
}
