package cmdflags

import (
	"encoding/pem"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/nf"
)

// Extras has the flags for contents of a CSR that its profile does not have. The
// profile custom has no other contents.
type Extras struct {
	Subject string

	ips        []string
	emails     []string
	otherNames []string
	keyUsages  []string
	usages     []string
	extensions []string
}

func (o *Extras) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Subject, "subject", "", "`NAME` that replaces the subject of the profile; the order is kept, as in \"C=SE, O=Example AB, CN=af.example.com\"")
	cli.ListVar(fs, &o.ips, "ip", "additional IP `ADDRESS`; may be repeated")
	cli.ListVar(fs, &o.emails, "email", "additional email `ADDRESS`; may be repeated")
	cli.LinesVar(fs, &o.otherNames, "other-name", "additional otherName, `OID:TEXT` (UTF8String) or OID:der:HEX; may be repeated")
	fs.StringSliceVar(&o.keyUsages, "key-usage", nil, "key `USAGES` that replace those of the profile, as in digitalSignature,keyAgreement")
	fs.StringSliceVar(&o.usages, "usage", nil, "extended key `USAGES` that replace those of the profile, by name or OID, as in clientAuth,1.3.6.1.5.5.7.3.37")
	cli.LinesVar(fs, &o.extensions, "extension", "additional extension, `OID[,critical]:HEX` with its DER, or OID[,critical]@FILE in PEM or DER; may be repeated")
}

// options converts the flags; nil: none was given.
func (o *Extras) options(call *cli.Call) (*csrgen.Extras, error) {
	x := csrgen.Extras{KeyUsages: o.keyUsages, IPs: o.ips, Emails: o.emails}
	var err error
	if o.Subject != "" {
		if x.Subject, err = csrgen.ParseSubject(o.Subject); err != nil {
			return nil, cli.Usagef(`as in --subject "C=SE, O=Example AB, CN=af.example.com"`, "--subject: %v", err)
		}
	}
	for _, s := range o.otherNames {
		name, err := csrgen.ParseOtherName(s)
		if err != nil {
			return nil, cli.Usagef("as in --other-name '1.3.6.1.4.1.311.20.2.3:amf@operator.example'", "--other-name: %v", err)
		}
		x.OtherNames = append(x.OtherNames, name)
	}
	for _, s := range o.usages {
		usage, ok := nf.LookupUsage(strings.TrimSpace(s))
		if !ok {
			usage.OID = nf.OID(strings.TrimSpace(s))
		}
		if _, err := usage.OID.ASN1(); err != nil {
			return nil, cli.Usagef("want "+usageNames()+", or an OID", "--usage %q: unknown extended key usage", s)
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

const likeExtension = "as in --extension 1.3.6.1.5.5.7.1.24:3003020105"

func usageNames() string {
	var names []string
	for _, u := range nf.Usages() {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

// extension parses one value of --extension.
func extension(call *cli.Call, s string) (csrgen.Extension, error) {
	head, path, file := strings.Cut(s, "@")
	if !file || strings.Contains(head, ":") {
		e, err := csrgen.ParseExtension(s)
		if err != nil {
			return e, cli.Usagef(likeExtension, "--extension: %v", err)
		}
		return e, nil
	}
	e, err := csrgen.ParseExtensionHead(head)
	if err != nil {
		return e, cli.Usagef(likeExtension, "--extension: %v", err)
	}
	if e.Value, err = call.ReadFileOr(path, cli.MaxPEM); err != nil {
		return e, err
	}
	if block, _ := pem.Decode(e.Value); block != nil {
		e.Value = block.Bytes
	}
	return e, nil
}
