package cmdflags

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Order say what to order.
type Order struct {
	identifiers []string
	kinds       string
	profile     string
	notBefore   string
	notAfter    string
}

func (o *Order) AddFlags(fs *pflag.FlagSet) {
	cli.ListVar(fs, &o.identifiers, "identifier", "order `TYPE:VALUE` instead of the CSR's names, as in dns:amf1.example; may be repeated")
	fs.StringVar(&o.kinds, "identifiers", string(enroll.KindsAuto), "which of the CSR's names: dns (and ip), nf (its NF instance id), both; auto adds the NF instance id where a token can prove it")
	fs.StringVar(&o.profile, "acme-profile", "", "one of the CA's profiles (nfcert show server lists them)")
	fs.StringVar(&o.notBefore, "not-before", "", "wanted start of validity, RFC 3339 or a duration from now")
	fs.StringVar(&o.notAfter, "not-after", "", "wanted end of validity, RFC 3339 or a duration from now, as in 720h")
}

// Options turns the flags into what the engine takes.
func (o *Order) Options(call *cli.Call) (out enroll.OrderOptions, err error) {
	out.Account, out.Profile = call.Global.Account, o.profile
	switch out.Kinds = enroll.Kinds(o.kinds); out.Kinds {
	case "", enroll.KindsAuto, enroll.KindsDNS, enroll.KindsNF, enroll.KindsBoth:
	default:
		return out, cli.Usagef("one of: auto, dns, nf, both", "--identifiers %q is not known", o.kinds)
	}
	for _, s := range o.identifiers {
		kind, value, ok := strings.Cut(s, ":")
		if !ok || kind == "" || value == "" {
			return out, cli.Usagef("as in --identifier dns:amf1.example", "--identifier %q is not TYPE:VALUE", s)
		}
		out.Identifiers = append(out.Identifiers, enroll.Identifier{Type: kind, Value: value})
	}
	if out.NotBefore, err = moment(call, "--not-before", o.notBefore); err != nil {
		return out, err
	}
	out.NotAfter, err = moment(call, "--not-after", o.notAfter)
	return out, err
}

// moment reads a time, or a duration from now. "" is the zero time.
func moment(call *cli.Call, flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(s); err == nil {
		return call.Clock().Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, cli.Usagef("as in 2027-01-31T00:00:00Z, or 720h", "%s %q is neither a time nor a duration", flag, s)
	}
	return t.UTC(), nil
}
