package cmdflags

import (
	"encoding/pem"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/nf"
)

// Extras say what a CSR has beside its profile, or in its place: all that
// the profile custom has, and what a CA of one's own wants more than others.
type Extras struct {
	Subject    string
	ips        []string
	emails     []string
	otherNames []string
	keyUsages  []string
	usages     []string
	extensions []string
}

func (o *Extras) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Subject, "subject", "", "`NAME` in place of the profile's subject, in its order, as in \"C=SE, O=Example AB, CN=af.example.com\"")
	cli.ListVar(fs, &o.ips, "ip", "IP `ADDRESS` as a further name; may be repeated")
	cli.ListVar(fs, &o.emails, "email", "email `ADDRESS` as a further name; may be repeated")
	cli.LinesVar(fs, &o.otherNames, "other-name", "`OID:TEXT` (UTF8String) or OID:der:HEX as a further name; may be repeated")
	fs.StringSliceVar(&o.keyUsages, "key-usage", nil, "key `USAGES` in place of the profile's, as in digitalSignature,keyAgreement")
	fs.StringSliceVar(&o.usages, "usage", nil, "extended key `USAGES` in place of the profile's, by name or OID, as in clientAuth,1.3.6.1.5.5.7.3.37")
	cli.LinesVar(fs, &o.extensions, "extension", "further extension, `OID[,critical]:HEX` of its DER, or OID[,critical]@FILE in PEM or DER; may be repeated")
}

// extras turns the flags into what csrgen takes; nil: none was given.
func (o *Extras) extras(call *cli.Call) (*csrgen.Extras, error) {
	x := csrgen.Extras{KeyUsages: o.keyUsages, IPs: o.ips, Emails: o.emails}
	var err error
	if o.Subject != "" {
		if x.Subject, err = csrgen.ParseSubject(o.Subject); err != nil {
			return nil, cli.Usagef("", "--subject: %v", err)
		}
	}
	for _, s := range o.otherNames {
		name, err := csrgen.ParseOtherName(s)
		if err != nil {
			return nil, cli.Usagef("", "--other-name: %v", err)
		}
		x.OtherNames = append(x.OtherNames, name)
	}
	for _, s := range o.usages {
		usage, ok := nf.LookupUsage(strings.TrimSpace(s))
		if !ok {
			usage.OID = nf.OID(strings.TrimSpace(s))
		}
		if _, err := usage.OID.ASN1(); err != nil {
			return nil, cli.Usagef("want "+usageNames()+", or an OID", "--usage: there is no extended key usage %q", s)
		}
		x.Usages = append(x.Usages, usage.OID)
	}
	for _, s := range o.extensions {
		e, err := extension(call, s)
		if err != nil {
			return nil, err
		}
		x.Extensions = append(x.Extensions, e)
	}
	if x.IsZero() {
		return nil, nil
	}
	return &x, nil
}

func usageNames() string {
	var names []string
	for _, u := range nf.Usages() {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

// extension reads one value of --extension.
func extension(call *cli.Call, s string) (csrgen.Extension, error) {
	head, path, file := strings.Cut(s, "@")
	if !file || strings.Contains(head, ":") {
		e, err := csrgen.ParseExtension(s)
		if err != nil {
			return e, cli.Usagef("", "--extension: %v", err)
		}
		return e, nil
	}
	e, err := csrgen.ParseExtensionHead(head)
	if err != nil {
		return e, cli.Usagef("", "--extension: %v", err)
	}
	if e.Value, err = call.ReadFileOr(path, cli.MaxPEM); err != nil {
		return e, err
	}
	if block, _ := pem.Decode(e.Value); block != nil {
		e.Value = block.Bytes
	}
	return e, nil
}
