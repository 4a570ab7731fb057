package dataset

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

func TestCapKeepsDifferentRows(t *testing.T) {
	x := &Texts{Columns: []string{"text"}}
	for range 3 {
		x.Add("benign", "same")
		x.Add("attack", "same")
	}
	for _, v := range []string{"a", "b", "c", "d"} {
		x.Add("attack", v)
	}
	x.cap(2, "benign")
	count, seen := map[string]int{}, map[string]bool{}
	for _, row := range x.rows {
		text, class := row[0], row[1]
		count[class]++
		if class == "attack" && seen[text] {
			t.Errorf("%s twice", text)
		}
		seen[text] = class == "attack"
	}
	if count["benign"] != 3 || count["attack"] != 2 {
		t.Errorf("%v", count)
	}
}

func TestDomainOf(t *testing.T) {
	for name, want := range map[string]string{"wpad": "wpad", "a.b.com": "b.com", "b.com": "b.com", "a.b.co.uk": "b.co.uk", "co.uk": "co.uk", "a.b.info": "b.info"} {
		if got := domainOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestSiteOf(t *testing.T) {
	for host, want := range map[string]string{"": "address", "192.0.2.1:80": "address", "a.example.com:8080": "example.com", "7.example.com": "example.com"} {
		if got := siteOf(host, "address"); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

// Campaigns give names that DNS takes, and follow from the seed.
func TestCampaigns(t *testing.T) {
	name := regexp.MustCompile(`^([a-z0-9-]{1,63}\.)+[a-z]{2,4}$`)
	for _, c := range Campaigns {
		for seed := range uint64(20) {
			one, two := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 1))
			a, b := c.New(one), c.New(two)
			for range 20 {
				n := a(one)
				if len(n) > 253 || !name.MatchString(n) {
					t.Fatalf("%s: %q", c.Kind, n)
				}
				if n != b(two) {
					t.Fatalf("%s: %q does not follow from the seed", c.Kind, n)
				}
			}
		}
	}
}
