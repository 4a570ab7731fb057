package feature

// The contract of a program's calls of the operating system's functions, as a sandbox writes them down. Never an input:
// what the program is called, when it ran.

const (
	apiName    = "api"
	apiVersion = 1
)

var apiContract = sequenceContract(apiName, apiVersion, "call")

// newAPI reads the sequence in the field "calls".
func newAPI() Extractor { return newSequences(apiContract, "calls") }
