package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

// The identity contract: what is learned of a session at an account. Never an input: the names of accounts, devices,
// networks and countries, and absolute time.

const identityName = "identity"

var identityContract = &Contract{Name: identityName, Version: 1, Features: identityFeatures()}

func identityFeatures() (f []Feature) {
	own := func(name, unit, doc string, attacker, missing bool) {
		f = append(f, Feature{Name: name, Unit: unit, Doc: doc, Attacker: attacker, Missing: missing})
	}
	over := func(name, unit, doc string, missing bool) {
		f = append(f, Feature{Name: name, Unit: unit, Doc: doc, OverTime: true, Missing: missing})
	}
	own("hour.sin", "", "time of day on a circle: 1 at six in the morning", true, false)
	own("hour.cos", "", "time of day on a circle: 1 at midnight, -1 at noon", true, false)
	own("failed", "tries", "that failed before this session began", false, true)
	own("typing", "ms", "a key, mean; missing where nothing was typed", true, true)
	own("duration", "s", "of the session", true, true)
	own("password", "changes", "of the password in this session", true, true)
	own("email", "changes", "of the e-mail address in this session", true, true)
	own("phone", "changes", "of the telephone number in this session", true, true)
	own("payout", "changes", "of where money is paid out to in this session", true, true)
	own("amount", "currency", "that left the account in this session", true, true)
	own("received", "currency", "that came in since the session before", false, true)
	own("age", "days", "since the account was opened", false, true)

	over("hour.unusual", "%", "0 at the account's usual time of day, 100 opposite to it; missing for the first session", true)
	over("device.new", "", "1 where the account's last 32 sessions were all on other devices", false)
	over("device.gap", "s", "since the account's last session on this device; missing when it is new", true)
	over("device.accounts_1d", "accounts", "different ones on this device in a day, of its last 32 sessions", false)
	over("device.accounts_28d", "accounts", "different ones on this device in four weeks, of its last 32 sessions", false)
	over("network.new", "", "1 where the account's last 32 sessions were all on other networks", false)
	over("network.accounts_1d", "accounts", "different ones on this network in a day, of its last 32 sessions", false)
	over("network.count_1h", "sessions", "on this network, damped with a half-life of an hour", false)
	over("network.count_1d", "sessions", "on this network, damped with a half-life of a day", false)
	over("network.failed_1h", "tries", "failed on this network, damped with a half-life of an hour", false)
	over("network.failed_mean_7d", "tries", "failed a session on this network, with a half-life of a week", false)
	over("place", "", "how far from home: 0 a network the account was on before, 1 another of its country of the session before, 2 another country that it was in before, 3 one that it was not", false)
	over("abroad.gap", "s", "since the session before, where that was in another country; else missing", true)
	for _, age := range ageNames {
		over("account.count_"+age, "sessions", "of this account, damped with a half-life of "+age, false)
	}
	over("account.gap", "s", "since the account's session before; missing for the first", true)
	over("account.failed_1d", "tries", "failed for this account, damped with a half-life of a day", false)
	over("typing.ratio", "%", "against what is usual for the account", true)
	over("typing.away", "deviations", "from what is usual for the account", true)
	over("duration.ratio", "%", "against what is usual for the account", true)
	over("changes_1d", "changes", "of password, e-mail, telephone and payout, damped with a half-life of a day", false)
	over("changes_28d", "changes", "of password, e-mail, telephone and payout, damped with a half-life of four weeks", false)
	over("changed.gap", "s", "since the last session that changed password, e-mail or telephone; missing where none did", true)
	over("amount.ratio", "%", "against what the account usually sends when it does", true)
	over("amount.away", "deviations", "from what the account usually sends when it does", true)
	over("amount.sum_1d", "currency", "sent, damped with a half-life of a day", false)
	over("amount.kept_7d", "%", "of the money received that was not sent on, both with a half-life of a week; missing where none was received", true)
	return f
}

// Fields of a session; the last may be absent.
const (
	sTime = iota
	sAccount
	sDevice
	sNetwork
	sCountry
	sFailed
	sTyping
	sDuration
	sPassword
	sEmail
	sPhone
	sPayout
	sAmount
	sReceived
	sAge
	sessionFields
)

var sessionFieldNames = [sessionFields]string{"time", "account", "device", "network", "country",
	"failed", "typing", "duration", "password", "email", "phone", "payout", "amount", "received", "age"}

// session is what is used of a record.
type session struct {
	at                                float64
	account, device, network, country key
	values                            [sessionFields]float64 // of the numbers; NaN when missing
	sin, cos                          float64
}

func (s *session) changes() float64 {
	return zero(s.values[sPassword]) + zero(s.values[sEmail]) + zero(s.values[sPhone]) + zero(s.values[sPayout])
}

// read fills s; what a record may lack or is damaged is missing.
func (s *session) read(r *inkling.Record, at *[sessionFields]int) error {
	s.at = Moment(r, at[sTime])
	if math.IsNaN(s.at) {
		return unusable(r, "time: not a time", "write seconds since 1970, or 2026-01-31 12:00:00")
	}
	s.sin, s.cos = timeOfDay(s.at)
	for i, k := range []*key{&s.account, &s.device, &s.network, &s.country} {
		word := r.Written(at[sAccount+i])
		if len(word) == 0 && i == 0 {
			return unusable(r, "account: missing", "name it, or leave the session out")
		}
		*k = hash128(word)
	}
	for i := sFailed; i < sessionFields; i++ {
		s.values[i] = math.NaN()
		if at[i] >= 0 {
			if v := number(r, at[i]); v >= 0 && v <= 1e12 {
				s.values[i] = v
			}
		}
	}
	return nil
}
