package prior

import (
	"strconv"
	"strings"
)

// shares reads a list of marginals, each with how often it is drawn.
func shares(list string) choice[MarginalKind] {
	var c choice[MarginalKind]
	words := strings.Fields(list)
	for i := 0; i < len(words); i += 2 {
		share, err := strconv.ParseFloat(words[i+1], 64)
		if err != nil {
			panic(err)
		}
		c.add(among(Marginals, words[i:i+1]).of[0], share)
	}
	return c
}
