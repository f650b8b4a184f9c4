package commands

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
)

// helpTopics are pages of `nfcert help TOPIC`.
func helpTopics() []*cobra.Command {
	var topics []*cobra.Command
	for _, t := range []struct{ name, short, long string }{
		{"exit-codes", "What each exit code means", topicExitCodes},
		{"environment", "The variables nfcert reads", topicEnvironment},
		{"output", "What stdout and stderr carry", topicOutput},
		{"json", "The documents of -o json", topicJSON},
		{"challenges", "How names are proven", topicChallenges},
		{"state", "Where state lives and what survives", topicState},
		{"deviations", "What nfcert accepts from servers that differ from the standard", topicDeviations()},
		{"glossary", "The words of ACME and of the 5G core", topicGlossary},
		{"flags", "The flags that every command takes", topicFlags()},
	} {
		topics = append(topics, &cobra.Command{Use: t.name, Short: t.short, Long: t.long})
	}
	return topics
}

// topicDeviations is the table of deviations, wrapped for a terminal.
func topicDeviations() string {
	var b strings.Builder
	b.WriteString(`Deviations

nfcert accepts these deviations of servers from the standard, and records each
one that it meets. nfcert show server lists those that a server has shown. They
are remembered with the server, in servers/ID/deviations.json of the state.
`)
	for _, d := range acmewire.Deviations() {
		fmt.Fprintf(&b, "\n  %s (%s)\n%s%s", d.ID, d.Clause, indent(d.What), indent("Known servers: "+d.Where+"."))
	}
	return strings.TrimRight(b.String(), "\n")
}

// indent wraps a text to lines of 80 columns, indented by six.
func indent(text string) string {
	const margin, width = "      ", 80
	var b strings.Builder
	line := margin[:len(margin)-1]
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = margin[:len(margin)-1]
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

const topicExitCodes = `Exit codes

  code  meaning                                                again unchanged?
  0     done
  1     unexpected: a bug
  2     wrong usage, or a file given to it cannot be used      no
  3     not finished yet: pending or out of time; state kept   yes
  4     the ACME server refused, or broke the protocol         the hint says
  5     an authorization failed: challenge invalid             with a new order
  6     not reached or not trusted: DNS, TCP, TLS              yes
  7     local state: locked, missing, damaged, or the wrong    after the hint
        step
  8     findings: lint found errors; the certificate lacks an  no
        identifier of the order, has a foreign key, does not
        verify, or, with --lint error, breaks its profile;
        some renewals, or a hook, failed
  9     the Token Authority refused, or its token does not     the hint says
        fit
  130   interrupted; state kept, resume command printed        yes

With -o json an error is one JSON document on stderr; its "fault" says on whose
desk the problem lies: usage, input, state, network, tls, ca, authorization,
token-authority, timeout, internal.`

const topicEnvironment = `Environment

Every flag has a variable: NFCERT_ and its name in capitals, '-' written '_'
(--ca-root, NFCERT_CA_ROOT). A flag beats its variable, which beats the
configuration file, which beats the default; nfcert show config prints each
value and where it came from. --yes and --force have no variable. Flags that may
be repeated take all their values from it, with commas between or one a line.

  NFCERT_EAB_KEY         the MAC key of an external account binding
  NFCERT_KEY_PASSPHRASE  the passphrase or PIN of --key-in
  NFCERT_CLIENT_PASSPHRASE
                         the passphrase or PIN of the client certificate's key
  NFCERT_P12_PASSPHRASE  the passphrase of --layout pkcs12
  STATE_DIRECTORY        where state lives (systemd sets it)
  XDG_DATA_HOME          state in $XDG_DATA_HOME/nfcert
  XDG_CONFIG_HOME        configuration in $XDG_CONFIG_HOME/nfcert/config.yaml
  HTTPS_PROXY NO_PROXY   the way to the server
  CI                     when set, nothing is asked
  NO_COLOR TERM          how the terminal is used

The configuration file names servers and sets defaults of flags:

  servers:
    operator: {url: "https://ca.operator.example/directory", caRoot: root.pem}
  defaults:
    server: operator
    contact: ops@operator.example`

const topicOutput = `Output

Stdout carries the answer alone. Stderr carries progress, prompts, warnings,
errors, and the last line "next: COMMAND". On a terminal the answer is aligned;
in a pipe it has no header, a TAB between columns, full values and RFC 3339
times. -o json prints one document, -o name the bare name, and enroll -o jsonl a
line for each event and the document at the end. lint also writes a document a
line (-o jsonl), and reports for build servers (-o junit, -o sarif).

Text that came from a server or a file is stripped of control characters before
a terminal sees it.`

const topicJSON = `JSON

Keys are lowerCamelCase as in ACME; every document has "kind" and "apiVersion":
"nfcert/v1"; times are RFC 3339 in UTC; what is absent is absent. Keys are added,
never renamed. account prints an Account; csr, order, finalize, enroll and
show -n print one Enrolment, as far as it has grown:

  nf, csr, order, certificate   the parts; absent until they are there
  step                          what comes next: csr, order, finalize, done
  order.authorizations[].challenges[].publish
                                what to put in place for the challenge
  certificate.differences[]     what the CA dropped, changed or added
  next                          the command that takes it further

lint prints a Lint, with an element of "files" for each request and certificate:

  file, part, type, role        what it is; part as in #2 of a file of several
  profile, profileWhy           what it was judged by, and why that one
  findings[]                    rule, severity, level, field, got, want, message,
                                fix, clause, confidence; source is zlint for its
  error                         why it could not be judged
  tls                           of HOST:PORT: version, cipherSuite and more
  zlint, summary                at the end: the version of its lints, or
                                "not run"; counts

renew --due and --dry-run print Renewals, with an element of "renewals" for each
enrolment:

  name, nfType, notAfter        which
  due, dueAt, because           whether, when, and what that rests on: ca, life,
                                underWay, swap, expired, revoked, none
  renewalInfo                   the CA's wish (RFC 9773)
  result, serial, error         renewed, not due, would renew, failed

revoke FILE prints a Revocation, or the Enrolment that has the certificate.

An error is one document of kind Error on stderr.`

const topicChallenges = `Challenges

A CA issues a certificate for a name only when the name is proven. nfcert can

  http-01   (RFC 8555 8.3) The CA fetches http://NAME/.well-known/acme-challenge/TOKEN
            from port 80 of the NF's address.
            --http-listen ADDR   nfcert answers itself, while it waits (default :80)
            --webroot DIR        a web server at port 80 serves DIR
            --published          you have put it in place: order --no-solve says
                                 what, order solve --published tells the CA
  tkauth-01 (RFC 9447, TS 33.310 Annex J) An Authority Token says that the account
            may have a certificate for this NF instance id. In the 5G core the OAM
            gives it.
            --ta URL             nfcert asks this Token Authority, as who
                                 --ta-client-cert, --ta-bearer-file or
                                 --ta-basic-file say
            --ta-allow HOST      nfcert asks the one that the CA names, if there
            --token-file FILE    somebody has asked before
            --token-cmd COMMAND  a program of yours asks
            A token is checked before the CA sees it: one that fails there costs
            the order. nfcert token get and nfcert token check do the same by hand.

An order is for the DNS names and addresses of the CSR, and for its NF instance id
where a token can prove it; --identifiers dns, nf or both says otherwise.

With --http-listen, nfcert opens the address before it places an order. While
another nfcert uses that address it waits, within --timeout.

What was put in place is removed in every case, also after Ctrl-C; what a killed
run left behind is removed by the next run with the same flags.`

const topicState = `State

nfcert keeps accounts, keys and enrolments in one directory: --state,
$STATE_DIRECTORY, $XDG_DATA_HOME/nfcert, or ~/.local/share/nfcert. Each thing is
one JSON document beside its PEM files; keys are mode 0600. A document is
replaced whole or not at all, and before each request that changes something at
the CA, so a run can be killed at any instant and the next goes on from the same
order with the same key.

  servers/ID/            how a server is reached and trusted, its directory
  accounts/ID/NAME/      account.json, key.pem
  enrolments/NAME/       enrolment.json, key.pem, request.pem, chain.pem, trace.jsonl

One run at a time works on an enrolment or an account; another is told who holds
the lock. A lock ends with its process.`

const topicGlossary = `Glossary

  ACME            the protocol by which a CA is asked for certificates (RFC 8555)
  account         a key that the CA knows; all requests are signed with it
  authorization   the CA's demand that one identifier be proven
  challenge       one way to prove it
  CSR             certificate signing request (PKCS#10)
  directory       the document at the server's URL that names its resources
  EAB             external account binding: ties an account to a customer the CA
                  knows already
  enrolment       one NF getting one certificate from one server
  finalize        sending the CSR once the names are proven
  home network domain
                  5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org (TS 23.003 28.2)
  identifier      what a certificate is ordered for, such as dns:amf1.example
  key authorization
                  a challenge's token joined with the account key's thumbprint
  NF              network function of the 5G core, such as AMF or NRF
  NF instance id  a version 4 UUID (TS 29.571 5.3.2), in certificates as urn:uuid:
  NFTypes         the certificate extension that names NF types (RFC 9310)
  nonce           a value that makes each signed request usable once
  order           a request for one certificate, with its authorizations
  PLMN            an operator's network, named by MCC and MNC
  SBA             service-based architecture of the 5G core`

// topicFlags lists the flags that every command takes.
func topicFlags() string {
	return "Flags that every command takes\n\nEach has a variable, NFCERT_ and its name in capitals, and can have a default in\nthe configuration file: see nfcert help environment.\n\n" + strings.TrimSuffix(cli.GlobalUsage(), "\n")
}
