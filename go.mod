module github.com/inkling-sec/inkling

go 1.26
