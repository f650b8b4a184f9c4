package cmdflags

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
)

// NF has the flags that describe a network function and its CSR. Most correspond to
// a key of the NF file and override it.
type NF struct {
	Type       string
	InstanceID string
	PLMN       string
	NID        string
	Country    string
	FQDNs      []string
	Profile    string
	Key        string
	CSRIn      string
	Extras     Extras
	Sample     *nf.Function // used if nothing describes the network function; nil: none

	file  string
	uris  []string
	omit  []string
	keyIn Key
	shape *pflag.FlagSet // the flags for the contents of a new CSR
}

// AddFlags adds the flags.
func (o *NF) AddFlags(all *pflag.FlagSet) {
	o.keyIn.AddFlags(all)
	all.StringVar(&o.CSRIn, "csr-in", "", "use the CSR in `FILE` unchanged (PEM or DER, - for stdin); its key can be on another machine")
	all.StringVar(&o.Profile, "profile", "", "`NAME` of the certificate profile (default nf-tls); nfcert csr profiles lists them")
	o.shape = pflag.NewFlagSet("", pflag.ContinueOnError)
	o.addShape(o.shape)
	all.AddFlagSet(o.shape)
}

func (o *NF) addShape(fs *pflag.FlagSet) {
	fs.StringVar(&o.file, "nf", "", "NF `FILE` (YAML) that describes the network function")
	fs.StringVar(&o.Type, "nf-type", "", "NF `TYPE`, as in AMF (TS 29.510 6.1.6.3.3)")
	fs.StringVar(&o.InstanceID, "nf-instance-id", "", "NF instance ID: a version 4 `UUID` (TS 29.571 5.3.2), or new")
	fs.StringVar(&o.PLMN, "plmn", "", "`MCC-MNC` of the home network domain, as in 001-01 (TS 23.003 28.2)")
	fs.StringVar(&o.NID, "nid", "", "network `ID` of an SNPN, 11 hex digits, in addition to --plmn")
	fs.StringVar(&o.Country, "country", "", "`COUNTRY` in the subject, two letters")
	cli.ListVar(fs, &o.FQDNs, "fqdn", "`FQDN` of the NF; may be repeated")
	cli.ListVar(fs, &o.uris, "uri", "additional `URI`; may be repeated")
	fs.StringVar(&o.Key, "key", "", "`TYPE` of a new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: the first that the profile allows, else P256)")
	fs.StringSliceVar(&o.omit, "omit", nil, "omit `PARTS` of the profile that the CA refuses: dns, uri, nf-types, eku, key-usage, subject, wildcard")
	o.Extras.addFlags(fs)
}

// Given reports whether a flag describes the network function.
func (o *NF) Given() bool {
	return o.file != "" || o.Type != "" || o.InstanceID != "" || o.PLMN != "" || o.NID != "" || o.Country != "" || len(o.FQDNs) > 0 || len(o.uris) > 0
}

// Typed lists the flags on the command line that describe the contents of a CSR.
// Values from variables and the configuration file are defaults: they have no
// effect on an existing CSR.
func (o *NF) Typed() (names []string) {
	o.shape.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// options converts the flags. en is the saved enrolment; nil: none.
func (o *NF) options(call *cli.Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	typed := o.Typed()
	if o.CSRIn != "" && len(typed) > 0 {
		flags := strings.Join(typed, ", ")
		return enroll.CSROptions{}, cli.Usagef("omit --csr-in, or omit "+flags, "--csr-in cannot be used with %s: a signed CSR cannot be changed", flags)
	}
	if o.CSRIn != "" || len(typed) == 0 && en != nil && en.CSR != nil && en.CSR.Adopted {
		return o.adoption(call)
	}
	return o.own(call, en)
}

// adoption is options for an existing CSR.
func (o *NF) adoption(call *cli.Call) (enroll.CSROptions, error) {
	out := enroll.CSROptions{Profile: o.Profile}
	if o.CSRIn != "" {
		data, err := call.ReadFileOr(o.CSRIn, cli.MaxPEM)
		if err != nil {
			return out, err
		}
		if out.Adopt, err = csrgen.Decode(o.CSRIn, data); err != nil {
			return out, err
		}
	}
	return out, o.keyIn.Into(call, &out)
}

// own is options for a new CSR.
func (o *NF) own(call *cli.Call, en *enroll.Enrolment) (enroll.CSROptions, error) {
	var saved *nf.Function
	if en != nil {
		saved = en.NF
	}
	out := enroll.CSROptions{Profile: o.Profile}
	flag, key := "--key", o.Key
	var err error
	if out.Extras, err = o.Extras.options(call); err != nil {
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
			if key == "" {
				flag, key = o.file+": certificate.key", file.Certificate.Key
			}
		}
		if err := o.override(&f, saved); err != nil {
			return out, err
		}
		out.Function = &f
	}
	if out.KeyType, err = keyType(flag, key); err != nil {
		return out, err
	}
	if err := o.keyIn.Into(call, &out); err != nil {
		return out, err
	}
	if len(o.omit) > 0 {
		if out.Omit, err = csrgen.ParseParts(o.omit); err != nil {
			return out, cli.Usagef("as in --omit uri,nf-types", "--omit: %v", err)
		}
	}
	return out, nil
}

// override sets the fields that have a flag.
func (o *NF) override(f *nf.Function, saved *nf.Function) error {
	f.Type = cmp.Or(o.Type, f.Type)
	f.NID = cmp.Or(o.NID, f.NID)
	f.Country = cmp.Or(o.Country, f.Country)
	if o.PLMN != "" {
		plmn, err := nf.ParsePLMN(o.PLMN)
		if err != nil {
			return cli.Usagef("as in --plmn 001-01", "--plmn: %v", err)
		}
		f.PLMN = &plmn
	}
	if len(o.FQDNs) > 0 {
		f.FQDNs = o.FQDNs
	}
	if len(o.uris) > 0 {
		f.URIs = o.uris
	}
	switch o.InstanceID {
	case "":
	case "new":
		// When the command runs again, "new" is the saved one.
		if saved != nil && saved.InstanceID != "" {
			f.InstanceID = saved.InstanceID
		} else {
			f.InstanceID = nf.NewInstanceID()
		}
	default:
		id, err := nf.ParseInstanceID(o.InstanceID)
		if err != nil {
			return cli.Usagef("as in --nf-instance-id 4ace9d34-2c69-4f99-92d5-a73a3fe8e23b, or --nf-instance-id new", "--nf-instance-id: %v", err)
		}
		f.InstanceID = id
	}
	return nil
}

// ReadNF reads an NF file.
func ReadNF(call *cli.Call, path string) (*nf.File, error) {
	data, err := call.ReadFileOr(path, nf.MaxFileSize)
	if err != nil {
		return nil, err
	}
	file, _, err := nf.ParseFile(path, data) // the csr step warns about file and flags together
	return file, err
}

// Options converts the flags, considering what the enrolment has saved.
func (o *NF) Options(s *session.Session) (enroll.CSROptions, error) {
	call := s.Call
	s.Engine.OpenKey = o.keyIn.OpenToken(call)
	en, err := s.Begun()
	if err != nil {
		return enroll.CSROptions{}, err
	}
	options, err := o.options(call, en)
	if err != nil || options.Function != nil || options.Adopt != nil || en != nil && (en.NF != nil || en.CSR != nil) {
		return options, err
	}
	if options.Function = o.Sample; options.Function == nil {
		return options, cli.Usagef("add --nf FILE, or --nf-type, --nf-instance-id, --plmn, --country and --fqdn", "no description of the network function %s", call.Global.Name)
	}
	return options, nil
}
