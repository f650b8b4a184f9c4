package commands

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nfcert/nfcert/internal/zlint"
)

// cmdAlone is the word alone: of all programs only nfcert is on the PATH of the
// script, so an installed nfcert-zlint is not found.
func cmdAlone(ts *testscript.TestScript, _ bool, _ []string) {
	path, err := exec.LookPath("nfcert")
	ts.Check(err)
	ts.Setenv("PATH", filepath.Dir(path))
}

// companionCommand is the word companion: nfcert-zlint is on the PATH of the
// script. It is built once, into dir.
func companionCommand(dir string) func(*testscript.TestScript, bool, []string) {
	build := sync.OnceValue(func() error {
		name := zlint.Program
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, name), "../../cmd/nfcert-zlint").CombinedOutput()
		if err != nil {
			return fmt.Errorf("building the companion: %w\n%s", err, out)
		}
		return nil
	})
	return func(ts *testscript.TestScript, _ bool, _ []string) {
		ts.Check(build())
		ts.Setenv("PATH", dir+string(os.PathListSeparator)+ts.Getenv("PATH"))
		ts.Setenv("COMPANION", filepath.Join(dir, zlint.Program))
	}
}

// forger makes certificates for scripts, all of one CA.
type forger struct {
	key    *ecdsa.PrivateKey // of the CA and, for want of need, of all others
	ca     *x509.Certificate
	serial int64
}

func newForger() (*forger, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	f := &forger{key: key}
	template := f.template()
	template.Subject = pkix.Name{Country: []string{"SE"}, Organization: []string{forgedDomain}, CommonName: "Forged CA"}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	template.ExtraExtensions = nil
	template.NotAfter = template.NotBefore.AddDate(10, 0, 0)
	template.CRLDistributionPoints, template.OCSPServer, template.IssuingCertificateURL = nil, nil, nil
	f.ca = template
	der, err := f.sign(template)
	if err != nil {
		return nil, err
	}
	f.ca, err = x509.ParseCertificate(der)
	return f, err
}

const forgedDomain = "5gc.mnc001.mcc001.3gppnetwork.org"

// template is an AMF's certificate by TS 33.310 6.1.3c, without a fault.
func (f *forger) template() *x509.Certificate {
	f.serial++
	point, _ := f.key.PublicKey.Bytes()
	id := sha1.Sum(point) // RFC 5280 4.2.1.2
	now := time.Now().Truncate(time.Second)
	return &x509.Certificate{
		SerialNumber: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(0x4ace), 100), big.NewInt(f.serial)),
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		Subject:               pkix.Name{Country: []string{"SE"}, Organization: []string{forgedDomain}},
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		SubjectKeyId:          id[:],
		CRLDistributionPoints: []string{"http://crl." + forgedDomain + "/nf.crl"},
		OCSPServer:            []string{"http://ocsp." + forgedDomain + "/"},
		IssuingCertificateURL: []string{"http://ca." + forgedDomain + "/nf.cer"},
		ExtraExtensions:       []pkix.Extension{forgedNames("amf1.amf." + forgedDomain), forgedTypes("AMF")},
	}
}

// forgedNames is a subjectAltName that is critical, as crypto/x509 makes none
// beside a subject.
func forgedNames(dns ...string) pkix.Extension {
	var names []asn1.RawValue
	for _, name := range dns {
		names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte(name)})
	}
	names = append(names, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b")})
	der, _ := asn1.Marshal(names)
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: true, Value: der}
}

// forgedTypes is nfTypes of RFC 9310.
func forgedTypes(nfType string) pkix.Extension {
	der, _ := asn1.Marshal([]asn1.RawValue{{Tag: asn1.TagIA5String, Bytes: []byte(nfType)}})
	return pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 34}, Value: der}
}

func (f *forger) sign(template *x509.Certificate) ([]byte, error) {
	return x509.CreateCertificate(rand.Reader, template, f.ca, f.key.Public(), f.key)
}

// hostileName drives a terminal, forges text and breaks lines.
const hostileName = "AMF\x1b[2J\x1b]0;owned\x07\nnfcert: ok\u202egro.elpmaxe\x00\u200b"

// forgeries are what a file may hold, in DER, one after the other.
func (f *forger) forgeries() map[string]func() ([][]byte, error) {
	one := func(change func(*x509.Certificate)) func() ([][]byte, error) {
		return func() ([][]byte, error) {
			template := f.template()
			change(template)
			der, err := f.sign(template)
			return [][]byte{der}, err
		}
	}
	return map[string]func() ([][]byte, error){
		"good":       one(func(*x509.Certificate) {}),
		"no-nftypes": one(func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] }),
		"small-country": one(func(c *x509.Certificate) {
			c.Subject.Country = []string{"se"}
		}),
		"backwards": one(func(c *x509.Certificate) {
			c.NotAfter = c.NotBefore.Add(-time.Hour)
		}),
		"hostile": one(func(c *x509.Certificate) {
			c.Subject.Organization = []string{hostileName}
			c.ExtraExtensions[0] = forgedNames("amf1.amf."+forgedDomain, "bad\x1b[31m\x07.example")
		}),
		"chain": func() ([][]byte, error) {
			der, err := f.sign(f.template())
			return [][]byte{der, f.ca.Raw}, err
		},
		"garbage-inside": func() ([][]byte, error) { return [][]byte{bytes.Repeat([]byte{0x30, 0x80}, 5000)}, nil },
		"truncated": func() ([][]byte, error) {
			der, err := f.sign(f.template())
			return [][]byte{der[:len(der)/2]}, err
		},
	}
}

// forgeCommand is the word forge KIND FILE: a certificate of that kind, as PEM, or
// as DER where FILE ends so.
func forgeCommand() func(*testscript.TestScript, bool, []string) {
	forger := sync.OnceValues(newForger)
	var mu sync.Mutex // scripts run at once
	return func(ts *testscript.TestScript, neg bool, args []string) {
		f, err := forger()
		ts.Check(err)
		mu.Lock()
		defer mu.Unlock()
		if neg || len(args) != 2 || f.forgeries()[args[0]] == nil {
			ts.Fatalf("usage: forge KIND FILE")
		}
		list, err := f.forgeries()[args[0]]()
		ts.Check(err)
		var out []byte
		for _, der := range list {
			if filepath.Ext(args[1]) == ".der" {
				out = append(out, der...)
			} else {
				out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
			}
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), out, 0o644))
	}
}

// cmdSparse is sparse MEGABYTES FILE: a file of zeros that takes no room.
func cmdSparse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sparse MEGABYTES FILE")
	}
	size, err := strconv.Atoi(args[0])
	ts.Check(err)
	file, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(file.Truncate(int64(size) << 20))
	ts.Check(file.Close())
}

// cmdPlain is plain FILE: nothing in it drives a terminal.
func cmdPlain(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		for _, r := range ts.ReadFile(name) {
			if slices.Contains([]rune("\x00\x07\x1b\u202e\u200b"), r) {
				ts.Fatalf("%s holds %q raw:\n%q", name, r, ts.ReadFile(name))
			}
		}
	}
}

// serveCommand is the word serve: a TLS server with a forged certificate, at
// $TLS_SERVER until the script ends.
func serveCommand() func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, _ []string) {
		f, err := newForger()
		ts.Check(err)
		der, err := f.sign(f.template())
		ts.Check(err)
		ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der, f.ca.Raw}, PrivateKey: f.key}}, NextProtos: []string{"h2"},
		})
		ts.Check(err)
		var running sync.WaitGroup
		running.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				running.Go(func() { handshake(conn) })
			}
		})
		ts.Defer(func() { ts.Check(ln.Close()); running.Wait() })
		ts.Setenv("TLS_SERVER", ln.Addr().String())
	}
}

func handshake(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_ = conn.(*tls.Conn).Handshake()
}
