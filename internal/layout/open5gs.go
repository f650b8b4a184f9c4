package layout

import (
	"crypto/x509"
	"fmt"
	"slices"
)

// open5gsPort is the port of every SBI server in the files that Open5GS ships.
const open5gsPort = 7777

// open5gs returns the section "default", which must be inside the section of the
// NF: at the top of the file Open5GS ignores it silently. HSS, MME and PCRF speak
// Diameter, not HTTP.
func (t Target) open5gs(v values, leaf *x509.Certificate) []string {
	nf := t.section()
	if slices.Contains([]string{"hss", "mme", "pcrf"}, nf) {
		return []string{
			"# into freeDiameter/" + nf + ".conf, in place of the lines with these names",
			fmt.Sprintf("TLS_Cred = %s, %s;", quoted(v.cert), quoted(v.key)),
			fmt.Sprintf("TLS_CA = %s;", quoted(v.ca)),
		}
	}
	where := fmt.Sprintf("# into %s.yaml, below the line \"%s:\" that it has; a second \"%s:\" is ignored or fatal", t.stem(), nf, nf)
	if nf == "sepp" {
		where = fmt.Sprintf("# into %s.yaml, in place of the \"default:\" below \"sepp:\"", t.stem())
	}
	lines := []string{where, "  default:", "    tls:"}
	if serves(leaf) {
		lines = append(lines,
			"      server:",
			"        scheme: https",
			"        private_key: "+v.key,
			"        cert: "+v.cert,
			"        verify_client: true",
			"        verify_client_cacert: "+v.ca,
		)
	}
	lines = append(lines,
		"      client:",
		"        scheme: https",
		"        cacert: "+v.ca,
	)
	if calls(leaf) {
		lines = append(lines,
			"        client_private_key: "+v.key,
			"        client_cert: "+v.cert,
		)
	}
	lines = append(lines, t.open5gsSBI(v, leaf)...)
	if nf == "sepp" {
		lines = append(lines, "# each server of n32, and its n32f, also needs: scheme: https")
	}
	return lines
}

// open5gsSBI returns the section "sbi" with names: an NF that is configured by
// address registers the address, which no peer finds in its certificate. As in the
// shipped files, the SCP asks the NRF, and the others ask the SCP.
func (t Target) open5gsSBI(v values, leaf *x509.Certificate) (lines []string) {
	server := serves(leaf) && v.name != ""
	if server {
		lines = append(lines,
			"    server:",
			"      - address: "+v.name,
			fmt.Sprintf("        port: %d", open5gsPort),
		)
	}
	peer := "scp"
	if t.function() == "scp" {
		peer = "nrf"
	}
	if t.function() != "nrf" {
		lines = append(lines,
			"    client:",
			"      "+peer+":",
			"        - uri: "+v.uri(peer, open5gsPort),
		)
	}
	switch {
	case server:
		return append([]string{`# and in place of the "sbi:" below it; each name is in the certificate of the NF that has it`, "  sbi:"}, lines...)
	case lines != nil:
		return append([]string{`# and in place of the "client:" below its "sbi:"; the name is in the certificate of the NF that has it`}, lines...)
	}
	return nil
}
