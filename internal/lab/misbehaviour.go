package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Misbehaviour is one thing that the lab does wrong on purpose.
// ParseMisbehaviour reads one from text; Start checks one made by hand.
type Misbehaviour struct {
	Name  string
	Value string // empty when the misbehaviour takes no value, or to use its default
}

// MisbehaviourInfo describes a misbehaviour for people.
type MisbehaviourInfo struct {
	Name  string
	Value string // form of the value, such as "N" or "[ENDPOINT][:once]"; empty when it takes none
	Does  string
}

// misbehaviourSpec is a misbehaviour with the function that switches it on.
type misbehaviourSpec struct {
	MisbehaviourInfo
	set func(value string) error
}

// ParseMisbehaviour reads NAME or NAME=VALUE. The error for an unknown name or
// a wrong value lists what is valid.
func ParseMisbehaviour(s string) (Misbehaviour, error) {
	name, value, hasValue := strings.Cut(s, "=")
	if hasValue && value == "" {
		return Misbehaviour{}, fmt.Errorf("misbehaviour %q: empty value after =", s)
	}
	m := Misbehaviour{Name: name, Value: value}
	return m, m.apply(&faults{})
}

// String is the misbehaviour as ParseMisbehaviour reads it.
func (m Misbehaviour) String() string {
	if m.Value == "" {
		return m.Name
	}
	return m.Name + "=" + m.Value
}

// Misbehaviours lists every misbehaviour in a fixed order.
func Misbehaviours() []MisbehaviourInfo {
	var infos []MisbehaviourInfo
	for _, s := range misbehaviours(&faults{}) {
		infos = append(infos, s.MisbehaviourInfo)
	}
	return infos
}

// apply switches the misbehaviour on.
func (m Misbehaviour) apply(f *faults) error {
	var names []string
	for _, s := range misbehaviours(f) {
		if s.Name == m.Name {
			if err := s.set(m.Value); err != nil {
				return fmt.Errorf("misbehaviour %q: %w", m, err)
			}
			return nil
		}
		names = append(names, s.Name)
	}
	return fmt.Errorf("unknown misbehaviour %q, want one of %s", m.Name, strings.Join(names, ", "))
}

// misbehaviours is the one table of misbehaviours. Each row sets a field of f.
func misbehaviours(f *faults) []misbehaviourSpec {
	return []misbehaviourSpec{
		// Status codes, waiting and time.
		constant("retry-after-past", "Retry-After is a date in the past", &f.retryAfter, retryAfterPast),
		constant("retry-after-far", "Retry-After is one year", &f.retryAfter, retryAfterFar),
		flag("order-200", "newOrder answers 200, not 201", &f.orderOK),
		flag("account-200", "newAccount answers 200 for new accounts too", &f.accountOK),
		number("processing", "N", "an order stays processing for N polls after finalize", 10000, &f.processingPolls),
		duration("order-expired-early", "an order becomes invalid after DURATION, before the time in its expires", &f.expireEarly),
		duration("slow", "every response is delayed by DURATION", &f.slow),
		duration("date-ahead", "the Date header of every response is DURATION ahead", &f.dateAhead),
		// Orders, authorizations and challenges.
		flag("challenge-invalid-authz-pending", "a failed challenge leaves its authorization and order pending, as step-ca does", &f.failChallengeOnly),
		flag("challenge-refuse", "every challenge fails without being checked", &f.refuseChallenges),
		flag("challenges-null", "authorizations have challenges: null", &f.challengesNull),
		flag("order-deactivated", "an order gets the status deactivated, which orders do not have, instead of ready", &f.orderDeactivated),
		flag("location-missing", "newOrder answers without Location", &f.noOrderLocation),
		flag("finalize-no-location", "finalize answers without Location", &f.noFinalizeLocation),
		flag("finalize-valid", "finalize answers with a valid order at once, as step-ca does", &f.finalizeValid),
		{MisbehaviourInfo{"reject-identifier", "NAME", "newOrder rejects the identifier NAME"}, f.setRejectedIdentifier},
		{MisbehaviourInfo{"refuse-algorithm", "NAME", "requests signed with algorithm NAME are refused, as Pebble refuses EdDSA"}, f.setRefusedAlgorithm},
		number("rate-limited", "N", "the first N newOrder requests answer 429", 10000, &f.rateLimited),
		// HTTP, the directory and problem documents.
		number("bad-nonce", "PERCENT", "PERCENT % of the valid nonces are refused", 100, &f.badNonce),
		f.atEndpoint("html", "answers with an HTML page and status 200", htmlPage(200)),
		f.atEndpoint("html-error", "answers with an HTML page and status 502", htmlPage(502)),
		f.atEndpoint("big-body", "answers with 10 MB of JSON", bigBody),
		f.atEndpoint("redirect", "answers 302", redirect),
		f.atEndpoint("cut", "handles the request, then closes the connection without a response", cut),
		f.atEndpoint("cut-before", "closes the connection without handling the request", cutBefore),
		flag("directory-no-neworder", "the directory has no newOrder", &f.directoryNoNewOrder),
		flag("directory-http-urls", "the directory has http URLs", &f.directoryHTTPURLs),
		flag("directory-empty", "the directory is an empty body", &f.directoryEmpty),
		flag("problem-null-detail", "problem documents have detail: null", &f.problemNullDetail),
		flag("problem-no-type", "problem documents have no type", &f.problemNoType),
		flag("tls-expired", "the server's TLS certificate has expired", &f.tlsExpired),
		// Renewal information.
		flag("no-renewal-info", "the directory has no renewalInfo", &f.noRenewalInfo),
		oneOf("renewal-window", "past|far|inverted", "the suggested renewal window is past, after the certificate expires, or ends before it starts", &f.renewalWindow),
		// NF instance IDs and Authority Tokens.
		flag("no-nf-instance", "the identifier type NfInstanceId is unknown, as it is to other CAs", &f.noInstances),
		oneOf("tkauth-field", "tkauth|atc", "the token is accepted in this member only", &f.tokenField),
		text("tkauth-authority", "URL|-", "tkauth-01 challenges have this token-authority; - for none", &f.tokenAuthority),
		text("tkauth-type", "TYPE", "tkauth-01 challenges have this tkauth-type", &f.tokenType),
		flag("tkauth-no-token", "tkauth-01 challenges have no token", &f.noChallengeToken),
		oneOf("ta-answer", "refuse|status|html|redirect|down|huge", "the Token Authority fails like this; status is an error with status 200", &f.token.answer),
		duration("ta-slow", "every response of the Token Authority is delayed by DURATION", &f.token.slow),
		flag("ta-expired", "tokens have expired", &f.token.expired),
		flag("ta-short", "tokens expire after one second", &f.token.short),
		flag("ta-foreign", "tokens are for another identifier", &f.token.otherIdentifier),
		flag("ta-fingerprint", "tokens are for another account key", &f.token.otherAccount),
		flag("ta-ca", "tokens allow a CA certificate", &f.token.ca),
		flag("ta-no-jti", "tokens have no jti", &f.token.noID),
		flag("ta-alg-none", "tokens are not signed", &f.token.algNone),
		// Certificates.
		flag("drop-san-uri", "certificates do not have the URI names of the CSR", &f.certificate.dropSANURI),
		flag("drop-eku", "certificates have the extended key usage serverAuth only", &f.certificate.dropEKU),
		flag("drop-nftypes", "certificates have no NFTypes extension", &f.certificate.dropNFTypes),
		flag("drop-subject", "certificates have an empty subject", &f.certificate.dropSubject),
		flag("san-not-critical", "subjectAltName is not critical", &f.certificate.sanNotCritical),
		flag("drop-name", "certificates do not have the last DNS name of the order", &f.certificate.dropName),
		flag("extra-name", "certificates have the additional name "+extraName, &f.certificate.extraName),
		flag("foreign-key", "certificates are for another key than the CSR's", &f.certificate.otherKey),
		flag("bad-chain", "certificates are signed with a key that is not in their chain", &f.certificate.badChain),
	}
}

// The Retry-After values of retry-after-past and retry-after-far.
const (
	retryAfterPast = "Thu, 01 Jan 2015 00:00:00 GMT"
	retryAfterFar  = "31536000"
)

// flag takes no value.
func flag(name, does string, field *bool) misbehaviourSpec { return constant(name, does, field, true) }

// constant takes no value and sets a field to a fixed one.
func constant[T any](name, does string, field *T, to T) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, "", does}, func(value string) error {
		if value != "" {
			return fmt.Errorf("value %q, want none", value)
		}
		*field = to
		return nil
	}}
}

// text takes any text.
func text(name, form, does string, field *string) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, form, does}, func(value string) error {
		if value == "" {
			return fmt.Errorf("no value, want %s", form)
		}
		*field = value
		return nil
	}}
}

// oneOf takes one of the words of its form, which "|" separates.
func oneOf(name, form, does string, field *string) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, form, does}, func(value string) error {
		if !slices.Contains(strings.Split(form, "|"), value) {
			return fmt.Errorf("value %q, want %s", value, form)
		}
		*field = value
		return nil
	}}
}

// number takes a number from 0 to limit.
func number(name, form, does string, limit int, field *int) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, form, does}, func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > limit {
			return fmt.Errorf("value %q, want a number from 0 to %d", value, limit)
		}
		*field = n
		return nil
	}}
}

// duration takes a positive duration.
func duration(name, does string, field *time.Duration) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, "DURATION", does}, func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("value %q, want a positive duration such as 500ms or 2s", value)
		}
		*field = d
		return nil
	}}
}

// atEndpoint takes the endpoint at which exchanges go wrong: empty or "all"
// for every one. With ":once" only the first exchange goes wrong.
func (f *faults) atEndpoint(name, does string, do exchangeFunc) misbehaviourSpec {
	return misbehaviourSpec{MisbehaviourInfo{name, "[ENDPOINT][:once]", does}, func(value string) error {
		endpoint, once := strings.CutSuffix(value, ":once")
		endpoint = cmp.Or(endpoint, "all")
		if endpoint != "all" && !slices.Contains(Endpoints(), Endpoint(endpoint)) {
			return fmt.Errorf("endpoint %q, want all or one of %q", endpoint, Endpoints())
		}
		f.exchanges = append(f.exchanges, &exchangeFault{endpoint: endpoint, once: once, do: do})
		return nil
	}}
}

func (f *faults) setRefusedAlgorithm(value string) error {
	if !slices.Contains(signatureAlgorithms(), value) {
		return fmt.Errorf("algorithm %q, want one of %q", value, signatureAlgorithms())
	}
	f.refuseAlgorithm = value
	return nil
}

func (f *faults) setRejectedIdentifier(value string) error {
	if value == "" {
		return fmt.Errorf("no value, want an identifier")
	}
	f.rejectIdentifier = strings.ToLower(value)
	return nil
}
