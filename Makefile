# For convenience only: everything is plain go commands.
.PHONY: build test ci
build:
	CGO_ENABLED=0 go build -trimpath -o bin/inkling ./cmd/inkling
test:
	go test ./...
ci:
	bash .ci/run
