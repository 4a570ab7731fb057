# Writes the tables of the group "further" as CSV files:
#
#   Rscript bench/tables/further.R DATA/further [WEKA]
#
# They come with R's packages foreign, kernlab, mlbench, modeldata and dslabs (CRAN; Debian's r-cran-…) and with Weka, whose
# examples lie in WEKA (Debian's package weka: /usr/share/doc/weka/examples). None of them is in this repository.
args <- commandArgs(TRUE)
out <- args[1]
weka <- if (length(args) > 1) args[2] else "/usr/share/doc/weka/examples"
dir.create(out, recursive = TRUE, showWarnings = FALSE)

write <- function(name, d) write.csv(d, file.path(out, paste0(name, ".csv")), row.names = FALSE, na = "")
from <- function(package, name) {
  e <- new.env()
  data(list = name, package = package, envir = e)
  get(name, e)
}

for (n in c("DNA", "HouseVotes84", "PimaIndiansDiabetes", "Sonar", "Soybean", "Vehicle")) write(n, from("mlbench", n))
for (n in c("musk", "spam", "ticdata")) write(n, from("kernlab", n))
for (n in c("ad_data", "attrition", "cells", "credit_data", "hpc_data", "lending_club", "mlc_churn", "pd_speech", "stackoverflow", "wa_churn"))
  write(n, from("modeldata", n))
write("olive", from("dslabs", "olive"))
for (n in c("breast-cancer", "credit-g", "supermarket")) write(n, foreign::read.arff(file.path(weka, paste0(n, ".arff"))))
segments <- lapply(c("segment-challenge", "segment-test"), function(n) foreign::read.arff(file.path(weka, paste0(n, ".arff"))))
write("segment", do.call(rbind, segments))
