// Package layout makes the files of a 5G core from an issued certificate.
//
// A layout is for one core: it has the file names, the encoding of the key and the
// order of the chain that the core reads, and the lines of configuration for these
// files. The package neither reads nor writes a disk. [Target.Plan] lists the
// files before a certificate exists; [Build] makes them.
package layout

import (
	"cmp"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Name is the name of a layout. The zero value means no layout.
type Name string

// The layouts.
const (
	PEM              Name = "pem"
	Open5GS          Name = "open5gs"
	Free5GC          Name = "free5gc"
	SDCore           Name = "sd-core"
	KubernetesSecret Name = "k8s-secret"
	PKCS12           Name = "pkcs12"
)

// Names lists the layouts, the default first.
func Names() []Name {
	return []Name{PEM, Open5GS, Free5GC, SDCore, KubernetesSecret, PKCS12}
}

// Title describes the layout in one line, for shell completion. NAME is the name
// of the enrolment, NF the NF type in lower case.
func (n Name) Title() string {
	switch n {
	case PEM:
		return "NAME.cert.pem, NAME.chain.pem, NAME.fullchain.pem, NAME.key.pem"
	case Open5GS:
		return "Open5GS: NF.crt, NF.key, ca.crt"
	case Free5GC:
		return "free5GC: NF.pem, NF.key (PKCS#1 if RSA), root.pem"
	case SDCore:
		return "Aether SD-Core: NF.pem, NF.key, root.pem"
	case KubernetesSecret:
		return "manifest of one Secret of type kubernetes.io/tls"
	case PKCS12:
		return "key and chain in one file with a passphrase"
	}
	return ""
}

// User is the user that the core runs as when it is installed as its makers do it;
// empty: unknown, or the files are not read by a core.
func (n Name) User() string {
	if n == Open5GS {
		return "open5gs"
	}
	return ""
}

// Parse finds a layout by its name. An unknown name is an [UnknownError].
func Parse(s string) (Name, error) {
	if name := Name(s); slices.Contains(Names(), name) {
		return name, nil
	}
	return "", &UnknownError{Name: s}
}

// The kinds of file, by their content.
const (
	KindCert      = "cert"      // only the certificate
	KindChain     = "chain"     // its issuers
	KindFullchain = "fullchain" // both, leaf first
	KindCA        = "ca"        // the roots that the chain verifies to
	KindKey       = "key"       // PKCS#8, or PKCS#1 in some layouts
	KindCSR       = "csr"
	KindSecret    = "secret" // a Kubernetes manifest, with the key
	KindPKCS12    = "pkcs12" // with the key
)

// Kinds lists the kinds of file in the order of display.
func Kinds() []string {
	return []string{KindCert, KindChain, KindFullchain, KindCA, KindKey, KindCSR, KindSecret, KindPKCS12}
}

// Target says which files to make and where. It needs no certificate.
type Target struct {
	Layout    Name   // empty: only the files of Paths
	Dir       string // directory of the layout's files
	Enrolment string // used in file names that the core does not prescribe
	NFType    string // for example AMF; empty: unknown, the name of the enrolment is used
	// Keyless says why no key can be written, for example "it stays in a token";
	// empty: a key is available.
	Keyless string
	Secret  Secret // of the layout k8s-secret
	// Paths gives single files, by kind. They are added to the files of the
	// layout, or replace the file of the same kind. An empty path removes the file
	// of that kind.
	Paths map[string]string
}

// File is one file to be written.
type File struct {
	Kind string
	Path string
	Mode fs.FileMode // 0600 for every file with a key, from its first byte
	// Shared means that other NFs use the same file. An existing file with the
	// same certificates, and possibly others, is kept.
	Shared bool
	Data   []byte // empty in a plan
}

// Plan lists the files without their data. An unknown layout is an
// [UnknownError]. A layout that needs a key that is not available is a
// [NoKeyError].
func (t Target) Plan() ([]File, error) {
	named, err := t.named()
	if err != nil {
		return nil, err
	}
	for kind := range t.Paths {
		if !slices.Contains(Kinds(), kind) {
			return nil, unknownKind(kind)
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

// path is where the file of a kind goes; empty: it is not in the plan.
func (t Target) path(kind string) string {
	files, _ := t.Plan()
	for _, f := range files {
		if f.Kind == kind {
			return f.Path
		}
	}
	return ""
}

// named returns the names of the layout's files by kind.
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
	case Free5GC, SDCore:
		return map[string]string{KindFullchain: stem + ".pem", KindKey: stem + ".key", KindCA: "root.pem"}, nil
	case KubernetesSecret:
		return map[string]string{KindSecret: t.Enrolment + ".secret.yaml"}, nil
	case PKCS12:
		return map[string]string{KindPKCS12: t.Enrolment + ".p12"}, nil
	}
	return nil, &UnknownError{Name: string(t.Layout)}
}

// stem is the base of the file names of a core: the NF type in lower case, or the
// name of the enrolment if the NF type is unknown or not usable in a file name.
func (t Target) stem() string {
	nf := t.function()
	if nf == "sepp" && t.Layout == Open5GS {
		return fmt.Sprintf("sepp%d", t.instance())
	}
	return cmp.Or(nf, t.Enrolment)
}

// function is the NF type in lower case; empty when it is unknown or has
// characters that a file name or a configuration key should not have.
func (t Target) function() string {
	name := strings.ToLower(t.NFType)
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return ""
		}
	}
	return strings.Trim(name, "-")
}

// instance is the number at the end of the enrolment's name, or 1. Open5GS numbers
// its SEPPs, which are the two ends of N32.
func (t Target) instance() int {
	digits := t.Enrolment[len(strings.TrimRight(t.Enrolment, "0123456789")):]
	n := 0
	for _, c := range digits {
		if n = n*10 + int(c-'0'); n > 99 {
			return 1 // a date or an ID, not a number of a SEPP
		}
	}
	return max(n, 1)
}

// holdsKey reports whether a file of this kind contains the key.
func holdsKey(kind string) bool {
	return kind == KindKey || kind == KindSecret || kind == KindPKCS12
}

// mode lets only the owner read keys; certificates are public.
func mode(kind string) fs.FileMode {
	if holdsKey(kind) {
		return 0o600
	}
	return 0o644
}
