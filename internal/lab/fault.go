package lab

import "time"

// faults are the misbehaviours in the form in which the server and the CA read
// them. The zero value is a correct lab. They do not change after Start, except
// that an exchangeFault may happen once only.
type faults struct {
	retryAfter          string // sent instead of the correct value
	orderOK             bool   // newOrder answers 200
	accountOK           bool   // newAccount always answers 200
	noOrderLocation     bool   // newOrder answers without Location
	noFinalizeLocation  bool
	finalizeValid       bool // finalize answers with a valid order
	failChallengeOnly   bool // an invalid challenge leaves authorization and order pending
	challengesNull      bool
	refuseChallenges    bool
	orderDeactivated    bool
	processingPolls     int
	expireEarly         time.Duration
	rejectIdentifier    string
	noInstances         bool   // NfInstanceId is an unknown identifier type
	tokenField          string // the only member that a token is accepted in; empty: any
	tokenAuthority      string // sent instead of the lab's own; "-": none
	tokenType           string // tkauth-type instead of atc
	noChallengeToken    bool   // tkauth-01 challenges have no member token
	refuseAlgorithm     string // of requests and new keys; empty: none
	rateLimited         int    // newOrder requests to refuse
	badNonce            int    // percent
	directoryNoNewOrder bool
	directoryHTTPURLs   bool
	directoryEmpty      bool
	noRenewalInfo       bool
	renewalWindow       string // past, far or inverted
	tlsExpired          bool
	problemNullDetail   bool
	problemNoType       bool
	slow                time.Duration
	dateAhead           time.Duration // added to the Date of every response
	exchanges           []*exchangeFault
	token               tokenFaults
	certificate         certificateFaults
}

// newFaults applies the misbehaviours in order; a later one overrides an
// earlier one.
func newFaults(list []Misbehaviour) (*faults, error) {
	f := &faults{}
	for _, m := range list {
		if err := m.apply(f); err != nil {
			return nil, err
		}
	}
	return f, nil
}
