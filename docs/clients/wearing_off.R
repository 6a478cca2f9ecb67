# Wearing-off by interval length, from a frozen snapshot, in R (packages: curl, jsonlite).
#
#   URL=https://diary.example TOKEN=... STUDY=... Rscript wearing_off.R
#
# Freezes the intervals, waits, holds the file against its hash, prints the table and draws it to wearing_off.png.

library(curl)
library(jsonlite)

api <- paste0(Sys.getenv("URL"), "/api/v1/research/studies/", Sys.getenv("STUDY"))

ask <- function(path, body = NULL) {
  h <- new_handle()
  handle_setheaders(h, Authorization = paste("Bearer", Sys.getenv("TOKEN")), `Content-Type` = "application/json")
  if (!is.null(body)) handle_setopt(h, customrequest = "POST", postfields = toJSON(body, auto_unbox = FALSE))
  answer <- curl_fetch_memory(paste0(api, path), h)
  if (answer$status_code >= 400) stop(answer$status_code, ": ", rawToChar(answer$content))
  answer$content
}

told <- function(path, body = NULL) fromJSON(rawToChar(ask(path, body)))

frozen <- told("/snapshots", list(datasets = "intervals", formats = "csv"))
while (frozen$state %in% c("waiting", "building")) {
  Sys.sleep(0.5)
  frozen <- told(paste0("/snapshots/", frozen$id))
}
stopifnot(frozen$state == "ready")

raw <- ask(paste0("/snapshots/", frozen$id, "/files/intervals.csv"))
about <- frozen$files[frozen$files$name == "intervals.csv", ]
writeBin(raw, "intervals.csv")
# R before 4.5 has no SHA-256 of its own; `sha256sum intervals.csv` says the same as `about$sha256`.
if (exists("sha256sum", asNamespace("tools"))) stopifnot(tools::sha256sum("intervals.csv") == about$sha256)
stopifnot(length(raw) == about$bytes)

intervals <- read.csv("intervals.csv", na.strings = "", stringsAsFactors = TRUE)
logical <- c("diary_assessable", "diary_wearing_off")
intervals[logical] <- lapply(intervals[logical], function(x) as.character(x) == "true")

assessable <- subset(intervals, diary_assessable)
n <- tapply(assessable$diary_wearing_off, assessable$planned_weeks, length)
k <- tapply(assessable$diary_wearing_off, assessable$planned_weeks, sum)
table <- data.frame(weeks = as.integer(names(n)), n = as.vector(n), k = as.vector(k))
table$pct <- round(100 * table$k / table$n, 1)
print(table, row.names = FALSE)

png("wearing_off.png", width = 700, height = 450)
barplot(table$pct, names.arg = paste0(table$weeks, " wk (n=", table$n, ")"), ylim = c(0, 100),
        ylab = "Intervals with wearing-off by the diary (%)", main = paste("Snapshot", substr(frozen$sha256, 1, 12)))
invisible(dev.off())
