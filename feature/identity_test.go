package feature

import (
	"fmt"
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

func TestIdentity(t *testing.T) {
	s := schemaOf(sessionFieldNames[:]...)
	x := newIdentity()
	nan := math.NaN()
	at := func(days float64) string { return fmt.Sprint(1767571200 + days*day) } // from a midnight
	row := extract(t, x, texts(s, at(0.5), "ann", "phone", "home", "SE", "2", "200", "60", "0", "0", "0", "0", "100", "400", "900"))
	near(t, identityContract, row, map[string]float64{"hour.cos": -1, "failed": 2, "typing": 200, "amount": 100, "age": 900, "hour.unusual": nan, "device.new": 1, "device.gap": nan, "device.accounts_1d": 1,
		"network.new": 1, "network.count_1h": 1, "network.failed_1h": 2, "place": 3, "abroad.gap": nan, "account.count_1h": 1, "account.gap": nan, "account.failed_1d": 2, "typing.ratio": nan,
		"changes_1d": 0, "changed.gap": nan, "amount.ratio": nan, "amount.sum_1d": 100, "amount.kept_7d": 75})
	row = extract(t, x, texts(s, at(1.5), "ann", "phone", "café", "SE", "0", "", "120", "1", "0", "0", "0", "0", "0", "901"))
	near(t, identityContract, row, map[string]float64{"typing": nan, "hour.unusual": 0, "device.new": 0, "device.gap": day, "network.new": 1, "network.failed_1h": 0, "place": 1, "account.count_1d": 1.5,
		"account.failed_1d": 1, "typing.ratio": nan, "duration.ratio": 200, "changes_1d": 1, "changed.gap": nan, "amount.ratio": nan, "amount.sum_1d": 50})
	row = extract(t, x, texts(s, at(2), "ann", "other", "café", "US", "0", "100", "60", "0", "1", "1", "1", "250", "", ""))
	near(t, identityContract, row, map[string]float64{"hour.unusual": 100, "device.new": 1, "network.new": 0, "place": 3, "abroad.gap": day / 2, "typing.ratio": 50, "typing.away": nan, "changed.gap": day / 2,
		"changes_1d": 3 + math.Sqrt(0.5), "amount.ratio": 250, "received": nan, "age": nan})
	row = extract(t, x, texts(s, at(2), "bob", "other", "elsewhere", "US", "0", "100", "60"))
	near(t, identityContract, row, map[string]float64{"device.accounts_1d": 2, "device.new": 1, "network.accounts_1d": 1, "amount.kept_7d": nan})
	row = extract(t, x, texts(s, at(3), "ann", "phone", "hotel", "SE", "", "", "", "", "", "", "", "", "", ""))
	near(t, identityContract, row, map[string]float64{"place": 2, "abroad.gap": day, "failed": nan, "password": nan, "changed.gap": day})
	if err := x.Extract(make([]float64, len(row)), texts(s, at(3), "", "phone")); !inkling.Skippable(err) {
		t.Errorf("a session of no account: %v", err)
	}
	few := schemaOf(sessionFieldNames[:sFailed]...)
	near(t, identityContract, extract(t, x, texts(few, at(4), "ann", "phone", "home", "SE")), map[string]float64{"failed": nan, "device.new": 0, "age": nan})
}
