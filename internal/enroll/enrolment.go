package enroll

import (
	"fmt"
	"time"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/nf"
)

// Versions of the documents this program writes. An enrolment that was ever
// renewed must not be saved by a program that knows nothing of renewals: it
// would lose which of the files are in use.
const (
	documentVersion = 1
	renewedVersion  = 2 // of an enrolment with a renewal
)

// Enrolment is one NF getting one certificate from one server: the whole saved
// document, and what the commands print as JSON. A nil part has not come yet.
type Enrolment struct {
	Version     int          `json:"version"`
	Name        string       `json:"name"`
	Server      string       `json:"server,omitempty"`  // directory URL
	Account     string       `json:"account,omitempty"` // name of the saved account
	Step        Step         `json:"step"`              // what comes next
	NF          *nf.Function `json:"nf,omitempty"`
	CSR         *CSR         `json:"csr,omitempty"`
	Order       *Order       `json:"order,omitempty"`
	Certificate *Certificate `json:"certificate,omitempty"`
	Journal     *Journal     `json:"journal,omitempty"`
	Earlier     []PastOrder  `json:"earlierOrders,omitempty"`
	// Installed is where the files were put; those of the next certificate go
	// there too.
	Installed []Installation `json:"installed,omitempty"`
	// Generation counts the certificates, from the second on; the files of each
	// have names of their own. What is above is of this one, Renewal of the next
	// while it is under way, and Previous of the one that this one replaced.
	Generation int         `json:"generation,omitempty"`
	Renewal    *Renewal    `json:"renewal,omitempty"`
	Previous   *Generation `json:"previous,omitempty"`
	Created    time.Time   `json:"created"`
	Updated    time.Time   `json:"updated"`

	replaces *Enrolment // of the view of a renewal: the enrolment that it renews
}

// DocVersion implements [store.Document].
func (*Enrolment) DocVersion() int { return renewedVersion }

// CSR is the certificate request of an enrolment.
type CSR struct {
	File    string         `json:"file"` // absolute path
	SHA256  string         `json:"sha256"`
	KeyFile string         `json:"keyFile,omitempty"` // "": the key is elsewhere
	KeyURI  string         `json:"keyUri,omitempty"`  // of a token's key (RFC 7512)
	KeyType string         `json:"keyType"`
	Profile string         `json:"profile,omitempty"` // "": adopted, and none was given
	Omitted []string       `json:"omitted,omitempty"` // names of [csrgen.Part]
	Extras  *csrgen.Extras `json:"extras,omitempty"`  // in addition to the profile, or in its place
	Adopted bool           `json:"adopted,omitempty"` // made elsewhere
}

// Order is an order with its authorizations, as last seen.
type Order struct {
	URL            string          `json:"url"`
	Status         Status          `json:"status"`
	Expires        time.Time       `json:"expires,omitzero"`
	Identifiers    []Identifier    `json:"identifiers"`
	NotBefore      time.Time       `json:"notBefore,omitzero"`
	NotAfter       time.Time       `json:"notAfter,omitzero"`
	Profile        string          `json:"profile,omitempty"`
	Finalize       string          `json:"finalize,omitempty"`
	CertificateURL string          `json:"certificateUrl,omitempty"`
	Error          *Problem        `json:"error,omitempty"`
	Authorizations []Authorization `json:"authorizations"`
}

// Authorization is the CA's demand that one identifier be proven.
type Authorization struct {
	URL        string      `json:"url"`
	Status     Status      `json:"status"`
	Identifier Identifier  `json:"identifier"`
	Expires    time.Time   `json:"expires,omitzero"`
	Wildcard   bool        `json:"wildcard,omitempty"`
	Challenges []Challenge `json:"challenges"`
}

// Challenge is one way to prove an identifier.
type Challenge struct {
	Type      string    `json:"type"`
	URL       string    `json:"url"`
	Status    Status    `json:"status"`
	Token     string    `json:"token,omitempty"`
	Validated time.Time `json:"validated,omitzero"`
	Error     *Problem  `json:"error,omitempty"`
	Publish   *Publish  `json:"publish,omitempty"`
	// Of tkauth-01 (RFC 9447 section 3).
	TKAuthType     string `json:"tkauthType,omitempty"`
	TokenAuthority string `json:"tokenAuthority,omitempty"`
	// Answering is when the answer was sent to the CA, or was about to be sent.
	Answering time.Time `json:"answering,omitzero"`
}

// Publish is what a person or a script must put in place for a challenge.
type Publish struct {
	URL     string `json:"url,omitempty"`     // http-01
	Content string `json:"content,omitempty"` // http-01

	TokenAuthority string `json:"tokenAuthority,omitempty"` // tkauth-01; a hint of the CA's, not trusted
	ATC            *ATC   `json:"atc,omitempty"`            // tkauth-01
}

// ATC is what an Authority Token must say (RFC 9447 section 4).
type ATC struct {
	Type        string `json:"tktype"`
	Value       string `json:"tkvalue"`
	Fingerprint string `json:"fingerprint"` // of the account key
}

// Journal holds what is in flight, so that a later run knows what a run that
// died had started.
type Journal struct {
	Intent     *Intent               `json:"intent,omitempty"`
	Placements []challenge.Placement `json:"placements,omitempty"` // not cleaned up yet
	Finalizing *Finalizing           `json:"finalizing,omitempty"`
	Swap       *Swap                 `json:"swap,omitempty"`
}

// placements are what is not cleaned up yet; the journal may be nil.
func (j *Journal) placements() []challenge.Placement {
	if j == nil {
		return nil
	}
	return j.Placements
}

// Intent is an order about to be placed.
type Intent struct {
	Identifiers []Identifier `json:"identifiers"`
	NotBefore   time.Time    `json:"notBefore,omitzero"`
	NotAfter    time.Time    `json:"notAfter,omitzero"`
	Profile     string       `json:"profile,omitempty"`
	Replaces    string       `json:"replaces,omitempty"` // as in [OrderOptions]
	At          time.Time    `json:"at"`
}

// Finalizing is a CSR about to be sent.
type Finalizing struct {
	CSRSHA256 string    `json:"csrSha256"`
	At        time.Time `json:"at"`
}

// PastOrder is an order that ended without a certificate.
type PastOrder struct {
	URL    string    `json:"url,omitempty"` // "": lost in a crash before it was known
	Status Status    `json:"status,omitempty"`
	Reason string    `json:"reason"`
	Left   time.Time `json:"left"`
}

// Certificate is the issued certificate.
type Certificate struct {
	URL       string            `json:"url,omitempty"`
	Serial    string            `json:"serial"` // hex
	Subject   string            `json:"subject,omitempty"`
	Issuer    string            `json:"issuer"`
	NotBefore time.Time         `json:"notBefore"`
	NotAfter  time.Time         `json:"notAfter"`
	SHA256    string            `json:"sha256"` // of the DER, hex
	Chain     ChainState        `json:"chain"`
	Anchor    string            `json:"anchor,omitempty"` // subject of what the chain verifies to
	Files     map[string]string `json:"files,omitempty"`  // by the kinds of package layout: absolute paths
	// Layout is how the files were last laid out, and Configuration what that
	// core's configuration needs, line by line.
	Layout        layout.Name          `json:"layout,omitempty"`
	Configuration []string             `json:"configuration,omitempty"`
	Differences   []inspect.Difference `json:"differences"`
	// Rejected is why the certificate was not installed; empty: it was.
	Rejected []string `json:"rejected,omitempty"`
	// RenewalInfo is when the CA suggests to renew it, as last fetched.
	RenewalInfo *RenewalInfo `json:"renewalInfo,omitempty"`
	Revoked     *Revocation  `json:"revoked,omitempty"`
	// Accepted is by what it was accepted; nil: by the defaults.
	Accepted *Acceptance `json:"accepted,omitempty"`
}

// usable reports whether the flow has reached its end.
func (e *Enrolment) usable() bool {
	return e.Certificate != nil && len(e.Certificate.Rejected) == 0
}

// isEmpty reports whether nothing is in flight.
func (j *Journal) isEmpty() bool {
	return j.Intent == nil && len(j.Placements) == 0 && j.Finalizing == nil && j.Swap == nil
}

// makesNextRunAsk reports whether a run that finds this enrolment saved asks the
// CA for the state of its order before it does anything else.
func (e *Enrolment) makesNextRunAsk() bool { return e.Order != nil && e.Order.unasked() }

// journal returns the journal for writing.
func (e *Enrolment) journal() *Journal {
	if e.Journal == nil {
		e.Journal = &Journal{}
	}
	return e.Journal
}

// nextStep derives what comes next from what is there.
func (e *Enrolment) nextStep() Step {
	switch {
	case e.usable():
		return StepDone
	case e.CSR == nil:
		return StepCSR
	case e.Order == nil || e.Order.Status == Pending || e.Order.over():
		return StepOrder
	}
	return StepFinalize
}

// over reports whether the order can lead to no certificate any more.
func (o *Order) over() bool {
	switch o.Status {
	case Pending, Ready, Processing, Valid:
		return false
	}
	return true
}

// expired reports whether the CA has forgotten the order by its own word
// (RFC 8555 section 7.1.3). An issued certificate does not expire with it.
func (o *Order) expired(now time.Time) bool {
	return !o.Expires.IsZero() && now.After(o.Expires) &&
		(o.Status == Pending || o.Status == Ready)
}

const enrolmentsDir = "enrolments"

// EnrolmentDir is the folder of an enrolment in the store.
func EnrolmentDir(name string) string { return enrolmentsDir + "/" + name }

func enrolmentFile(name string) string { return EnrolmentDir(name) + "/enrolment.json" }

// What each generation of an enrolment has on disk.
const (
	keyPEM     = "key"
	requestPEM = "request"
	chainPEM   = "chain"
	anchorPEM  = "anchor"
)

// file is the path of one of these in the store.
func (e *Enrolment) file(what string) string { return generationFile(e.Name, e.Generation, what) }

func generationFile(name string, generation int, what string) string {
	if generation > 1 {
		what = fmt.Sprintf("%s-%d", what, generation)
	}
	return EnrolmentDir(name) + "/" + what + ".pem"
}

// TraceFile is where an enrolment's exchanges are kept, relative to the store.
func TraceFile(name string) string { return EnrolmentDir(name) + "/trace.jsonl" }

// Load reads an enrolment without locking it, for showing. Missing:
// errors.Is(err, fs.ErrNotExist).
func Load(s Store, name string) (*Enrolment, error) {
	if err := CheckName("enrolment", name); err != nil {
		return nil, err
	}
	en := &Enrolment{}
	if err := s.Load(enrolmentFile(name), en); err != nil {
		return nil, err
	}
	en.Step = en.nextStep()
	return en, nil
}

// Names lists the saved enrolments, sorted. A folder without a document is one
// that died before it began.
func Names(s Store) ([]string, error) {
	names, err := s.List(enrolmentsDir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range names {
		if CheckName("enrolment", name) == nil {
			found = append(found, name)
		}
	}
	return found, nil
}
