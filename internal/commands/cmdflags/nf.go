package cmdflags

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
)

// NF describe the network function and the certificate it wants. Each is
// the twin of a field of the NF file, and beats it.
type NF struct {
	file       string
	Kind       string
	InstanceID string
	Plmn       string
	Nid        string
	Country    string
	Fqdns      []string
	uris       []string
	Profile    string
	Key        string
	omit       []string
	Extras     Extras
	keyIn      Key
	CsrIn      string

	shape  *pflag.FlagSet // of the flags, those that say what is in a CSR of our own
	Sample *nf.Function   // for practice, when nothing else says; nil: none
}

func (o *NF) AddFlags(all *pflag.FlagSet) {
	o.keyIn.AddFlags(all)
	all.StringVar(&o.CsrIn, "csr-in", "", "CSR `FILE` (PEM or DER, - for stdin) that others made, to be used as it is; its key may be elsewhere")
	all.StringVar(&o.Profile, "profile", "", "certificate profile (default nf-tls)")
	o.shape = pflag.NewFlagSet("", pflag.ContinueOnError)
	o.addShape(o.shape)
	all.AddFlagSet(o.shape)
}

func (o *NF) addShape(fs *pflag.FlagSet) {
	fs.StringVar(&o.file, "nf", "", "NF `FILE` (YAML) that describes the network function")
	fs.StringVar(&o.Kind, "nf-type", "", "NF type, as in AMF (TS 29.510 6.1.6.3.3)")
	fs.StringVar(&o.InstanceID, "nf-instance-id", "", "NF instance id, a version 4 `UUID` (TS 29.571 5.3.2), or new")
	fs.StringVar(&o.Plmn, "plmn", "", "`MCC-MNC` of the home network domain, as in 001-01 (TS 23.003 28.2)")
	fs.StringVar(&o.Nid, "nid", "", "network id of an SNPN, 11 hex digits, beside --plmn")
	fs.StringVar(&o.Country, "country", "", "two letters for the subject's C")
	cli.ListVar(fs, &o.Fqdns, "fqdn", "FQDN of the NF; may be repeated")
	cli.ListVar(fs, &o.uris, "uri", "further URI name; may be repeated")
	fs.StringVar(&o.Key, "key", "", "type of a new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: what the profile wants, else P256)")
	fs.StringSliceVar(&o.omit, "omit", nil, "leave `PARTS` of the profile out for a CA that refuses them: dns, uri, nf-types, eku, key-usage, subject, wildcard")
	o.Extras.addFlags(fs)
}

// Given reports whether the flags say anything of the network function.
func (o *NF) Given() bool {
	return o.file != "" || o.Kind != "" || o.InstanceID != "" || o.Plmn != "" || o.Nid != "" || o.Country != "" || len(o.Fqdns) > 0 || len(o.uris) > 0
}

// Typed lists the flags of the command line that say what is in a CSR. What
// variables and configuration say is a default, and passed over where a CSR is
// adopted.
func (o *NF) Typed() (names []string) {
	o.shape.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// options turns the flags into what the engine takes. en is the saved
// enrolment; nil: there is none.
func (o *NF) options(call *cli.Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	typed := o.Typed()
	if o.CsrIn != "" && len(typed) > 0 {
		return enroll.CSROptions{}, cli.Usagef("leave one of them out", "--csr-in brings a CSR that its maker has signed, and %s would change it", strings.Join(typed, ", "))
	}
	if o.CsrIn != "" || len(typed) == 0 && en != nil && en.CSR != nil && en.CSR.Adopted {
		return o.adoption(call)
	}
	return o.own(call, en)
}

// adoption is options for a CSR that others made, or made before.
func (o *NF) adoption(call *cli.Call) (enroll.CSROptions, error) {
	out := enroll.CSROptions{Profile: o.Profile}
	if o.CsrIn != "" {
		data, err := call.ReadFileOr(o.CsrIn, cli.MaxPEM)
		if err != nil {
			return out, err
		}
		if out.Adopt, err = csrgen.Decode(o.CsrIn, data); err != nil {
			return out, err
		}
	}
	return out, o.keyIn.Into(call, &out)
}

// own is options for a CSR that is made here.
func (o *NF) own(call *cli.Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	var saved *nf.Function
	if en != nil {
		saved = en.NF
	}
	out := enroll.CSROptions{Profile: o.Profile}
	key := o.Key
	var err error
	if out.Extras, err = o.Extras.extras(call); err != nil {
		return out, err
	}
	if o.Given() || out.Extras != nil && saved == nil {
		f := nf.Function{}
		if saved != nil {
			f = *saved
		}
		if o.file != "" {
			file, err := ReadNF(call, o.file)
			if err != nil {
				return out, err
			}
			f = file.NF
			out.Profile = cmp.Or(o.Profile, file.Certificate.Profile)
			key = cmp.Or(o.Key, file.Certificate.Key)
		}
		if err := o.over(&f, saved); err != nil {
			return out, err
		}
		out.Function = &f
	}
	if key != "" {
		if out.KeyType, err = csrgen.ParseKeyType(key); err != nil {
			return out, cli.Usagef("", "the key: %v", err)
		}
	}
	if err := o.keyIn.Into(call, &out); err != nil {
		return out, err
	}
	if len(o.omit) > 0 {
		if out.Omit, err = csrgen.ParseParts(o.omit); err != nil {
			return out, cli.Usagef("", "--omit: %v", err)
		}
	}
	return out, nil
}

// over lets each flag beat the field it is the twin of.
func (o *NF) over(f *nf.Function, saved *nf.Function) error {
	f.Type = cmp.Or(o.Kind, f.Type)
	f.NID = cmp.Or(o.Nid, f.NID)
	f.Country = cmp.Or(o.Country, f.Country)
	if o.Plmn != "" {
		plmn, err := nf.ParsePLMN(o.Plmn)
		if err != nil {
			return cli.Usagef("as in --plmn 001-01", "--plmn: %v", err)
		}
		f.PLMN = &plmn
	}
	if len(o.Fqdns) > 0 {
		f.FQDNs = o.Fqdns
	}
	if len(o.uris) > 0 {
		f.URIs = o.uris
	}
	switch o.InstanceID {
	case "":
	case "new":
		// Asked again, "new" means the one that was made for this enrolment.
		if saved != nil && saved.InstanceID != "" {
			f.InstanceID = saved.InstanceID
		} else {
			f.InstanceID = nf.NewInstanceID()
		}
	default:
		id, err := nf.ParseInstanceID(o.InstanceID)
		if err != nil {
			return cli.Usagef("as in 4ace9d34-2c69-4f99-92d5-a73a3fe8e23b, or new", "--nf-instance-id: %v", err)
		}
		f.InstanceID = id
	}
	return nil
}

// ReadNF reads an NF file and passes its warnings on.
func ReadNF(call *cli.Call, path string) (*nf.File, error) {
	data, err := call.ReadFileOr(path, nf.MaxFileSize)
	if err != nil {
		return nil, err
	}
	file, _, err := nf.ParseFile(path, data) // the csr step warns, of file and flags together
	return file, err
}

func ProfileNames() string { return strings.Join(nf.ProfileNames(), ", ") }

// CsrWishes reads the flags, beside what the enrolment has saved.
func CsrWishes(call *cli.Call, s *session.Session, flags *NF) (enroll.CSROptions, error) {
	s.Engine.OpenKey = flags.keyIn.OpenToken(call)
	var en *enroll.Enrolment
	if call.Global.Name != "" { // a preview may have none
		var err error
		if en, err = enroll.Load(s.Store, call.Global.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return enroll.CSROptions{}, err
		}
	}
	options, err := flags.options(call, en)
	if err != nil || options.Function != nil || options.Adopt != nil || en != nil && (en.NF != nil || en.CSR != nil) {
		return options, err
	}
	if options.Function = flags.Sample; options.Function == nil {
		return options, cli.Usagef("describe it by --nf FILE, or by --nf-type, --nf-instance-id, --plmn, --country and --fqdn", "it is not said which network function %s is", cmp.Or(call.Global.Name, "this"))
	}
	return options, nil
}
