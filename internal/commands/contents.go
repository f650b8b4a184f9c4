package commands

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

func newShowCSR(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "csr [FILE]", Short: "What a CSR asks for: an enrolment's, or a file's", Args: wantArgs(0, 1, "at most one file"),
		RunE: func(_ *cobra.Command, args []string) error { return app.runShowCSR(args) },
	}
}

func (a *App) runShowCSR(args []string) error {
	path, data, err := a.fileOrSaved(args, func(en *enroll.Enrolment) string {
		if en.CSR == nil {
			return ""
		}
		return en.CSR.File
	})
	if err != nil {
		return err
	}
	der, err := csrgen.Decode(path, data)
	if err != nil {
		return err
	}
	c, err := inspect.CSR(der)
	if err != nil {
		return &inputError{File: path, Err: err}
	}
	if a.global.output != outputTable {
		return ui.WriteJSON(a.streams.Out, contentsDoc{APIVersion: apiVersion, Kind: "CSR", File: path, Contents: c})
	}
	f := &ui.Fields{Now: a.clock(), Paint: a.streams.OutPaint()}
	addContents(f, c)
	return f.Write(a.streams.Out, a.streams.OutTTY)
}

// contentsDoc is what show csr prints.
type contentsDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	File       string `json:"file"`
	*inspect.Contents
}

func newShowCert(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "cert [FILE]", Short: "What a certificate says: an enrolment's, or a file's", Args: wantArgs(0, 1, "at most one file"),
		RunE: func(_ *cobra.Command, args []string) error { return app.runShowCert(args) },
	}
}

// certificateDoc is one certificate of what show cert prints.
type certificateDoc struct {
	Serial    string            `json:"serial"`
	Subject   string            `json:"subject,omitempty"`
	Issuer    string            `json:"issuer"`
	NotBefore string            `json:"notBefore"`
	NotAfter  string            `json:"notAfter"`
	Contents  *inspect.Contents `json:"contents"`
}

func (a *App) runShowCert(args []string) error {
	path, data, err := a.fileOrSaved(args, func(en *enroll.Enrolment) string {
		if en.Certificate == nil {
			return ""
		}
		return en.Certificate.Files[enroll.KindFullchain]
	})
	if err != nil {
		return err
	}
	certs, err := certificates(data)
	if err != nil {
		return &inputError{File: path, Err: err}
	}
	docs := make([]certificateDoc, 0, len(certs))
	f := &ui.Fields{Now: a.clock(), Paint: a.streams.OutPaint()}
	for _, cert := range certs {
		c, err := inspect.Certificate(cert)
		if err != nil {
			return &inputError{File: path, Err: err}
		}
		docs = append(docs, certificateDoc{
			Serial: fmt.Sprintf("%x", cert.SerialNumber), Subject: cert.Subject.String(), Issuer: cert.Issuer.String(),
			NotBefore: ui.Time(cert.NotBefore), NotAfter: ui.Time(cert.NotAfter), Contents: c,
		})
		f.Add("serial", fmt.Sprintf("%x", cert.SerialNumber))
		f.Add("issuer", cert.Issuer.String())
		f.Add("not before", cert.NotBefore)
		f.Add("not after", cert.NotAfter)
		addContents(f, c)
	}
	if a.global.output != outputTable {
		return ui.WriteJSON(a.streams.Out, map[string]any{"apiVersion": apiVersion, "kind": "Certificate", "file": path, "certificates": docs})
	}
	return f.Write(a.streams.Out, a.streams.OutTTY)
}

// certificates reads PEM, or one certificate in DER.
func certificates(data []byte) ([]*x509.Certificate, error) {
	if block, _ := pem.Decode(data); block != nil {
		return enroll.ParseCertificates(data)
	}
	cert, err := x509.ParseCertificate(data)
	if err != nil {
		return nil, fmt.Errorf("it is neither PEM nor a certificate in DER: %w", err)
	}
	return []*x509.Certificate{cert}, nil
}

// fileOrSaved reads the file of the argument, or the one that an enrolment has.
func (a *App) fileOrSaved(args []string, saved func(*enroll.Enrolment) string) (path string, data []byte, err error) {
	if len(args) == 1 {
		data, err = a.readFileOr(args[0], maxPEM)
		return args[0], data, err
	}
	if a.global.name == "" {
		return "", nil, usagef("", "%s needs a file, or an enrolment with -n", a.command)
	}
	s, err := a.local()
	if err != nil {
		return "", nil, err
	}
	en, err := enroll.Load(s.store, a.global.name)
	if err != nil {
		return "", nil, a.noSuch(a.global.name, err)
	}
	if path = saved(en); path == "" {
		return "", nil, &enroll.OutOfTurnError{Name: en.Name, Step: enroll.Step(a.command), Needs: en.Step, Found: "there is none yet"}
	}
	data, err = readFile(path, maxPEM)
	return path, data, err
}

// addContents lays out what a CSR or a certificate holds.
func addContents(f *ui.Fields, c *inspect.Contents) {
	f.Add("subject", c.SubjectString())
	f.Add("key", c.PublicKey.Type)
	f.Add("key sha256", c.PublicKey.SHA256)
	f.Add("signature", c.Signature)
	if s := c.SubjectAltName; s != nil {
		for _, n := range s.Names {
			f.Add("name"+mark(s.Critical), string(n.Kind)+" "+n.Value)
		}
		f.Add("nf instance", string(s.InstanceID()))
	}
	if c.KeyUsage != nil {
		f.Add("key usage"+mark(c.KeyUsage.Critical), strings.Join(c.KeyUsage.Usages, ", "))
	}
	if c.ExtKeyUsage != nil {
		for _, u := range c.ExtKeyUsage.Usages {
			f.Add("purpose"+mark(c.ExtKeyUsage.Critical), u.Name)
		}
	}
	if c.NFTypes != nil {
		f.Add("nf types"+mark(c.NFTypes.Critical), strings.Join(c.NFTypes.Types, ", "))
	}
}

func mark(critical bool) string {
	if critical {
		return " (critical)"
	}
	return ""
}
