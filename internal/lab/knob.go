package lab

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Knob makes the lab misbehave in one way. ParseKnob makes one from text;
// one made by hand is checked by Start.
type Knob struct {
	Name  string
	Value string // empty when the knob takes none or its default is wanted
}

// KnobInfo describes a knob for people.
type KnobInfo struct {
	Name  string
	Value string // form of the value, such as "N" or "[ENDPOINT][:once]"; empty when it takes none
	Does  string
}

// knobSpec is a knob with what it sets.
type knobSpec struct {
	KnobInfo
	set func(m *misbehaviour, value string) error
}

// ParseKnob reads NAME or NAME=VALUE. An unknown name or a value that the knob
// does not take is an error that lists what there is.
func ParseKnob(s string) (Knob, error) {
	name, value, hasValue := strings.Cut(s, "=")
	if hasValue && value == "" {
		return Knob{}, fmt.Errorf("misbehaviour %q: empty value after =", s)
	}
	k := Knob{Name: name, Value: value}
	return k, k.apply(&misbehaviour{})
}

// String is the knob as ParseKnob reads it.
func (k Knob) String() string {
	if k.Value == "" {
		return k.Name
	}
	return k.Name + "=" + k.Value
}

// Knobs lists every knob in a fixed order.
func Knobs() []KnobInfo {
	specs := knobSpecs()
	infos := make([]KnobInfo, len(specs))
	for i, s := range specs {
		infos[i] = s.KnobInfo
	}
	return infos
}

// apply sets what the knob stands for.
func (k Knob) apply(m *misbehaviour) error {
	specs := knobSpecs()
	names := make([]string, len(specs))
	for i, s := range specs {
		if s.Name == k.Name {
			if err := s.set(m, k.Value); err != nil {
				return fmt.Errorf("misbehaviour %q: %w", k, err)
			}
			return nil
		}
		names[i] = s.Name
	}
	return fmt.Errorf("misbehaviour %q is unknown, want one of %s", k.Name, strings.Join(names, ", "))
}

const endpointForm = "[ENDPOINT][:once]"

// knobSpecs is the one table of knobs.
func knobSpecs() []knobSpec {
	return []knobSpec{
		// Waiting.
		literal("retry-after-past", "Retry-After is a date in the past", retryAfterPast),
		literal("retry-after-far", "Retry-After is a year", retryAfterFar),
		flag("order-200", "newOrder answers 200, not 201", func(m *misbehaviour) *bool { return &m.orderOK }),
		flag("account-200", "newAccount answers 200 for a new account too", func(m *misbehaviour) *bool { return &m.accountOK }),
		number("processing", "N", "an order stays processing for N polls after finalize", 10000, func(m *misbehaviour) *int { return &m.processingPolls }),
		duration("order-expired-early", "an order becomes invalid after DURATION, whatever its expiry says", func(m *misbehaviour) *time.Duration { return &m.expireEarly }),
		duration("slow", "every request waits DURATION", func(m *misbehaviour) *time.Duration { return &m.slow }),
		duration("date-ahead", "the Date of every answer is DURATION ahead", func(m *misbehaviour) *time.Duration { return &m.dateOff }),
		// Objects.
		flag("challenge-invalid-authz-pending", "a failed challenge leaves its authorization and order pending, as step-ca does", func(m *misbehaviour) *bool { return &m.challengeAlone }),
		flag("challenge-refuse", "every challenge fails without a look", func(m *misbehaviour) *bool { return &m.challengeRefuse }),
		flag("challenges-null", "authorizations have challenges: null", func(m *misbehaviour) *bool { return &m.challengesNull }),
		flag("order-deactivated", "an order goes to the unknown end state deactivated in place of ready", func(m *misbehaviour) *bool { return &m.orderDeactivated }),
		flag("location-missing", "newOrder answers without Location", func(m *misbehaviour) *bool { return &m.locationMissing }),
		flag("finalize-no-location", "finalize answers without Location", func(m *misbehaviour) *bool { return &m.finalizeNoLocation }),
		flag("finalize-valid", "finalize answers valid at once, as step-ca does", func(m *misbehaviour) *bool { return &m.finalizeValid }),
		{KnobInfo{"reject-identifier", "NAME", "newOrder refuses the identifier of this value"}, setRejected},
		{KnobInfo{"refuse-algorithm", "NAME", "requests signed by this algorithm are refused, as Pebble refuses EdDSA"}, setRefusedAlgorithm},
		number("rate-limited", "N", "the first N newOrder requests answer 429", 10000, func(m *misbehaviour) *int { return &m.rateLimited }),
		// The wire.
		number("bad-nonce", "PERCENT", "that share of good nonces is refused", 100, func(m *misbehaviour) *int { return &m.badNonce }),
		atEndpoint("html", "answers a page of HTML with status 200", htmlPage(http.StatusOK)),
		atEndpoint("html-error", "answers a page of HTML with status 502", htmlPage(http.StatusBadGateway)),
		atEndpoint("big-body", "answers 10 MB of JSON", bigBody),
		atEndpoint("redirect", "answers 302", redirect),
		atEndpoint("cut", "acts, then closes the connection without an answer", cut),
		atEndpoint("cut-before", "closes the connection without acting", cutBefore),
		flag("directory-no-neworder", "the directory lacks newOrder", func(m *misbehaviour) *bool { return &m.directoryNoNewOrder }),
		flag("directory-http-urls", "the directory names http URLs", func(m *misbehaviour) *bool { return &m.directoryHTTPURLs }),
		flag("directory-empty", "the directory is an empty body", func(m *misbehaviour) *bool { return &m.directoryEmpty }),
		flag("problem-null-detail", "problem documents have detail: null", func(m *misbehaviour) *bool { return &m.problemNullDetail }),
		flag("problem-no-type", "problem documents have no type", func(m *misbehaviour) *bool { return &m.problemNoType }),
		flag("tls-expired", "the server's TLS certificate has expired", func(m *misbehaviour) *bool { return &m.tlsExpired }),
		// Renewal.
		flag("no-renewal-info", "the directory lacks renewalInfo", func(m *misbehaviour) *bool { return &m.noRenewalInfo }),
		text("renewal-window", "past|far|inverted", "the window in which certificates should be renewed is past, after their end, or ends before it starts", []string{"past", "far", "inverted"}, func(m *misbehaviour) *string { return &m.renewalWindow }),
		// NF instance IDs.
		flag("no-nf-instance", "NfInstanceId is an unknown identifier type, as it is to other CAs", func(m *misbehaviour) *bool { return &m.noInstances }),
		text("tkauth-field", "tkauth|atc", "a token is taken from this member alone", []string{"tkauth", "atc"}, func(m *misbehaviour) *string { return &m.tokenField }),
		text("tkauth-authority", "URL|-", "tkauth-01 challenges name this token-authority, or none", nil, func(m *misbehaviour) *string { return &m.tokenAuthority }),
		text("tkauth-type", "TYPE", "tkauth-01 challenges want this tkauth-type", nil, func(m *misbehaviour) *string { return &m.tokenKind }),
		flag("tkauth-no-token", "tkauth-01 challenges have no member token", func(m *misbehaviour) *bool { return &m.noChallengeToken }),
		text("ta-answer", "refuse|status|html|redirect|down|huge", "the Token Authority answers so", []string{"refuse", "status", "html", "redirect", "down", "huge"}, func(m *misbehaviour) *string { return &m.authority.answer }),
		duration("ta-slow", "the Token Authority waits DURATION", func(m *misbehaviour) *time.Duration { return &m.authority.slow }),
		flag("ta-expired", "tokens have expired", func(m *misbehaviour) *bool { return &m.authority.expired }),
		flag("ta-short", "tokens expire in a second", func(m *misbehaviour) *bool { return &m.authority.short }),
		flag("ta-foreign", "tokens are for another identifier", func(m *misbehaviour) *bool { return &m.authority.foreign }),
		flag("ta-fingerprint", "tokens are for another account", func(m *misbehaviour) *bool { return &m.authority.fingerprint }),
		flag("ta-ca", "tokens allow a CA certificate", func(m *misbehaviour) *bool { return &m.authority.ca }),
		flag("ta-no-jti", "tokens have no jti", func(m *misbehaviour) *bool { return &m.authority.noID }),
		flag("ta-alg-none", "tokens are not signed", func(m *misbehaviour) *bool { return &m.authority.algNone }),
		// Certificates.
		flag("drop-san-uri", "certificates lack the CSR's URI name", func(m *misbehaviour) *bool { return &m.certificate.dropSANURI }),
		flag("drop-eku", "certificates have serverAuth only", func(m *misbehaviour) *bool { return &m.certificate.dropEKU }),
		flag("drop-nftypes", "certificates lack the NFTypes extension", func(m *misbehaviour) *bool { return &m.certificate.dropNFTypes }),
		flag("drop-subject", "certificates have an empty subject", func(m *misbehaviour) *bool { return &m.certificate.dropSubject }),
		flag("san-not-critical", "subjectAltName is not critical", func(m *misbehaviour) *bool { return &m.certificate.sanNotCritical }),
		flag("drop-name", "certificates lack the last of the order's names", func(m *misbehaviour) *bool { return &m.certificate.dropName }),
		flag("extra-name", "certificates have the name "+extraName+" besides", func(m *misbehaviour) *bool { return &m.certificate.extraName }),
		flag("foreign-key", "certificates are for another key than the CSR's", func(m *misbehaviour) *bool { return &m.certificate.foreignKey }),
		flag("bad-chain", "certificates are signed by a key that their chain does not hold", func(m *misbehaviour) *bool { return &m.certificate.badChain }),
	}
}

// The values that the Retry-After knobs send.
const (
	retryAfterPast = "Thu, 01 Jan 2015 00:00:00 GMT"
	retryAfterFar  = "31536000"
)

func flag(name, does string, field func(*misbehaviour) *bool) knobSpec {
	return knobSpec{KnobInfo{name, "", does}, func(m *misbehaviour, value string) error {
		if value != "" {
			return fmt.Errorf("value %q, want none", value)
		}
		*field(m) = true
		return nil
	}}
}

func literal(name, does, header string) knobSpec {
	return knobSpec{KnobInfo{name, "", does}, func(m *misbehaviour, value string) error {
		if value != "" {
			return fmt.Errorf("value %q, want none", value)
		}
		m.retryAfter = header
		return nil
	}}
}

// text takes one of the words, or any when there are none.
func text(name, form, does string, words []string, field func(*misbehaviour) *string) knobSpec {
	return knobSpec{KnobInfo{name, form, does}, func(m *misbehaviour, value string) error {
		if value == "" || len(words) > 0 && !slices.Contains(words, value) {
			return fmt.Errorf("value %q, want %s", value, form)
		}
		*field(m) = value
		return nil
	}}
}

func number(name, form, does string, limit int, field func(*misbehaviour) *int) knobSpec {
	return knobSpec{KnobInfo{name, form, does}, func(m *misbehaviour, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > limit {
			return fmt.Errorf("value %q, want a number from 0 to %d", value, limit)
		}
		*field(m) = n
		return nil
	}}
}

func duration(name, does string, field func(*misbehaviour) *time.Duration) knobSpec {
	return knobSpec{KnobInfo{name, "DURATION", does}, func(m *misbehaviour, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("value %q, want a positive duration such as 500ms or 2s", value)
		}
		*field(m) = d
		return nil
	}}
}

func atEndpoint(name, does string, strike func(http.ResponseWriter, *http.Request, http.HandlerFunc)) knobSpec {
	return knobSpec{KnobInfo{name, endpointForm, does}, func(m *misbehaviour, value string) error {
		return m.addFault(value, strike)
	}}
}

func setRefusedAlgorithm(m *misbehaviour, value string) error {
	if !slices.Contains(signatureAlgorithms(), value) {
		return fmt.Errorf("algorithm %q, want one of %q", value, signatureAlgorithms())
	}
	m.refuseAlgorithm = value
	return nil
}

func setRejected(m *misbehaviour, value string) error {
	if value == "" {
		return fmt.Errorf("no value, want an identifier")
	}
	m.rejectIdentifier = strings.ToLower(value)
	return nil
}
