// Package layout is the files of a 5G core, made from an issued certificate.
//
// A layout names the files as one core reads them, encodes the key as that core
// parses it, puts the chain in the order its TLS library wants, and gives the
// lines of configuration that use them. Everything here is data: nothing is
// read from or written to a disk. [Target.Plan] says which files there will be,
// which is known before a certificate is; [Build] makes them.
package layout

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Name is the name of a layout. The zero value is none.
type Name string

// The layouts.
const (
	PEM              Name = "pem"        // certificate, chain, both and key, named after the enrolment
	Open5GS          Name = "open5gs"    // NF.crt, NF.key, ca.crt
	Free5GC          Name = "free5gc"    // NF.pem, NF.key (PKCS#1 when RSA), root.pem
	SDCore           Name = "sd-core"    // NF.pem, NF.key
	KubernetesSecret Name = "k8s-secret" // the manifest of one Secret of type kubernetes.io/tls
	PKCS12           Name = "pkcs12"     // key and chain in one file under a passphrase
)

// Names lists the layouts, the default first.
func Names() []Name {
	return []Name{PEM, Open5GS, Free5GC, SDCore, KubernetesSecret, PKCS12}
}

// Parse finds a layout by its name; another is an [UnknownError].
func Parse(s string) (Name, error) {
	if name := Name(s); slices.Contains(Names(), name) {
		return name, nil
	}
	return "", &UnknownError{Name: s}
}

// What a file holds.
const (
	KindCert      = "cert"      // the certificate alone
	KindChain     = "chain"     // its issuers
	KindFullchain = "fullchain" // both, leaf first
	KindCA        = "ca"        // the roots that the chain verifies to
	KindKey       = "key"       // PKCS#8, or PKCS#1 where a layout says so
	KindCSR       = "csr"
	KindSecret    = "secret" // a Kubernetes manifest, with the key
	KindPKCS12    = "pkcs12" // with the key
)

// Kinds lists what files can hold, in the order in which they are shown.
func Kinds() []string {
	return []string{KindCert, KindChain, KindFullchain, KindCA, KindKey, KindCSR, KindSecret, KindPKCS12}
}

// Target says which files are wanted and where. All of it is known before there
// is a certificate.
type Target struct {
	Layout    Name   // "": none but the files of Paths
	Dir       string // where the layout's files go
	Enrolment string // names files where the core does not
	NFType    string // as in AMF; "": not known, and the enrolment's name stands in
	// Keyless says why no key can be written, such as "it stays in a token";
	// "": there is one.
	Keyless string
	// Paths places files one by one, by what they hold. They are written beside
	// those of the layout, or in place of the one that holds the same. An empty
	// path leaves that one out.
	Paths map[string]string
}

// File is one file to be written.
type File struct {
	Kind string
	Path string
	Mode fs.FileMode // 0600 for whatever holds a key, from its first byte
	// Shared files serve other NFs too, so that one that is there already and
	// has what this one has is as good.
	Shared bool
	Data   []byte // empty in a plan
}

// Plan lists the files without their data. A layout that is not one of [Names]
// is an [UnknownError], one that cannot do without the key a [NoKeyError].
func (t Target) Plan() ([]File, error) {
	named, err := t.named()
	if err != nil {
		return nil, err
	}
	for kind := range t.Paths {
		if !slices.Contains(Kinds(), kind) {
			return nil, fmt.Errorf("there is no file of kind %q", kind)
		}
	}
	var files []File
	for _, kind := range Kinds() {
		path, given := t.Paths[kind]
		if name, ok := named[kind]; ok && !given {
			path = filepath.Join(t.Dir, name)
			if kind == KindKey && t.Keyless != "" {
				continue
			}
		}
		if path == "" {
			continue
		}
		if t.Keyless != "" && holdsKey(kind) {
			return nil, &NoKeyError{Layout: t.Layout, Kind: kind, Reason: t.Keyless}
		}
		files = append(files, File{Kind: kind, Path: path, Mode: mode(kind), Shared: kind == KindCA})
	}
	return files, nil
}

// named gives the names of the layout's files by what they hold.
func (t Target) named() (map[string]string, error) {
	stem := t.stem()
	switch t.Layout {
	case "":
		return nil, nil
	case PEM:
		return map[string]string{
			KindCert: t.Enrolment + ".cert.pem", KindChain: t.Enrolment + ".chain.pem",
			KindFullchain: t.Enrolment + ".fullchain.pem", KindKey: t.Enrolment + ".key.pem",
		}, nil
	case Open5GS:
		return map[string]string{KindFullchain: stem + ".crt", KindKey: stem + ".key", KindCA: "ca.crt"}, nil
	case Free5GC:
		return map[string]string{KindFullchain: stem + ".pem", KindKey: stem + ".key", KindCA: "root.pem"}, nil
	case SDCore:
		return map[string]string{KindFullchain: stem + ".pem", KindKey: stem + ".key"}, nil
	case KubernetesSecret:
		return map[string]string{KindSecret: t.Enrolment + ".secret.yaml"}, nil
	case PKCS12:
		return map[string]string{KindPKCS12: t.Enrolment + ".p12"}, nil
	}
	return nil, &UnknownError{Name: string(t.Layout)}
}

// stem is what a core calls the NF in the names of its files: the NF type in
// lower case. Where that is not known, or fit for no file's name, it is the
// enrolment's name.
func (t Target) stem() string {
	nf := t.function()
	if nf == "sepp" && t.Layout == Open5GS {
		return fmt.Sprintf("sepp%d", t.instance())
	}
	if nf == "" {
		return t.Enrolment
	}
	return nf
}

// function is the NF type in lower case; "" when it is not known or has
// characters that a file's name or a configuration's key should not have.
func (t Target) function() string {
	name := strings.ToLower(t.NFType)
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return ""
		}
	}
	return strings.Trim(name, "-")
}

// instance is the number at the end of the enrolment's name, 1 without one:
// Open5GS counts its SEPPs, which stand for the two ends of N32.
func (t Target) instance() int {
	digits := t.Enrolment[len(strings.TrimRight(t.Enrolment, "0123456789")):]
	n := 0
	for _, c := range digits {
		if n = n*10 + int(c-'0'); n > 99 {
			return 1 // a date or an id, no count
		}
	}
	return max(n, 1)
}

// holdsKey reports whether a file of this kind cannot be made without the key.
func holdsKey(kind string) bool {
	return kind == KindKey || kind == KindSecret || kind == KindPKCS12
}

// mode keeps keys to their owner; certificates are public.
func mode(kind string) fs.FileMode {
	if holdsKey(kind) {
		return 0o600
	}
	return 0o644
}
