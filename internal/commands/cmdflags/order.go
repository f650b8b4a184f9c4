package cmdflags

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Order has the flags that say what to order.
type Order struct {
	identifiers []string
	kinds       string
	profile     string
	notBefore   string
	notAfter    string
}

// AddFlags adds the flags.
func (o *Order) AddFlags(fs *pflag.FlagSet) {
	cli.ListVar(fs, &o.identifiers, "identifier", "order this `TYPE:VALUE` instead of the names in the CSR, as in dns:amf1.example; may be repeated")
	fs.StringVar(&o.kinds, "identifiers", string(enroll.KindsAuto), "which `NAMES` of the CSR to order: dns (and ip), nf (the NF instance ID) or both; auto is both if there is a source of tokens, else dns")
	fs.StringVar(&o.profile, "acme-profile", "", "`NAME` of a profile of the CA; nfcert show server lists them")
	fs.StringVar(&o.notBefore, "not-before", "", "requested start of validity: an RFC 3339 `TIME`, or a duration from now")
	fs.StringVar(&o.notAfter, "not-after", "", "requested end of validity: an RFC 3339 `TIME`, or a duration from now, as in 720h")
}

// Options converts the flags.
func (o *Order) Options(call *cli.Call) (out enroll.OrderOptions, err error) {
	out.Account, out.Profile = call.Global.Account, o.profile
	switch out.Kinds = enroll.Kinds(o.kinds); out.Kinds {
	case "", enroll.KindsAuto, enroll.KindsDNS, enroll.KindsNF, enroll.KindsBoth:
	default:
		return out, cli.Usagef("as in --identifiers dns", "--identifiers %q: want auto, dns, nf or both", o.kinds)
	}
	for _, s := range o.identifiers {
		kind, value, ok := strings.Cut(s, ":")
		if !ok || kind == "" || value == "" {
			return out, cli.Usagef("as in --identifier dns:amf1.example", "--identifier %q: want TYPE:VALUE", s)
		}
		out.Identifiers = append(out.Identifiers, enroll.Identifier{Type: kind, Value: value})
	}
	if out.NotBefore, err = moment(call, "--not-before", o.notBefore); err != nil {
		return out, err
	}
	out.NotAfter, err = moment(call, "--not-after", o.notAfter)
	return out, err
}

// moment parses a time, or a duration from now. "" is the zero time.
func moment(call *cli.Call, flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		return call.Clock().Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, cli.Usagef("as in "+flag+" 2027-01-31T00:00:00Z or "+flag+" 720h", "%s %q: want an RFC 3339 time or a duration", flag, s)
	}
	return t.UTC(), nil
}
