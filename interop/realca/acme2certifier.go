package realca

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Acme2certifierOptions says how one acme2certifier is run. All fields are required.
type Acme2certifierOptions struct {
	Source string // a checkout of its repository
	Dir    string // an empty folder for configuration, keys, database and log
}

// Acme2certifier is a running acme2certifier with its OpenSSL handler, behind a
// reverse proxy that speaks TLS.
type Acme2certifier struct {
	Directory  string // its directory URL
	TLSRoot    string // PEM file of the root of the proxy's TLS certificate
	IssuerRoot string // PEM file of the root of what it issues
	HTTPAddr   string // where it asks for http-01 answers, whatever the name

	proxy *http.Server
	ended chan struct{} // the proxy has
	*server
}

// runWSGI serves acme2certifier's application on a port, and sends its questions for
// names and http-01 answers to others. Its own server has a fixed port, and its setting
// for name servers does not reach the request of http-01 (version 0.43.1).
const runWSGI = `import socket, sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server
import dns.resolver

port, names, http01 = map(int, sys.argv[1:])

class Resolver(dns.resolver.Resolver):
    def __init__(self, *_, **__):
        super().__init__(configure=False)
        self.nameservers, self.port = ['127.0.0.1'], names

def getaddrinfo(host, asked, *args, real=socket.getaddrinfo, **more):
    if str(host).endswith('.3gppnetwork.org'):
        host, asked = '127.0.0.1', http01
    return real(host, asked, *args, **more)

dns.resolver.Resolver, socket.getaddrinfo = Resolver, getaddrinfo

import acme2certifier_wsgi as a2c

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

make_server('127.0.0.1', port, a2c.application, server_class=Server, handler_class=a2c.get_handler_cls()).serve_forever()
`

// StartAcme2certifier makes a CA, starts acme2certifier on it, and waits until it
// serves its directory. It needs python3 with the modules of its requirements.txt.
func StartAcme2certifier(ctx context.Context, opts Acme2certifierOptions) (a *Acme2certifier, err error) {
	a = &Acme2certifier{}
	defer func() {
		if err != nil {
			a.stopProxy()
		}
	}()
	a.server, err = startServer(ctx, options{name: "acme2certifier", dir: opts.Dir, ports: 2}, func(s *server, root *authority) (*exec.Cmd, func(context.Context) error, error) {
		a.TLSRoot, a.IssuerRoot = s.file("tls-root.pem"), s.file("ca.pem")
		a.HTTPAddr = s.ports[1].String()
		cmd, err := a2cCommand(s, opts.Source)
		if err != nil {
			return nil, nil, err
		}
		if err := a.startProxy(root, s); err != nil {
			return nil, nil, err
		}
		return cmd, func(ctx context.Context) error {
			_, err := get(ctx, root.pool(), a.Directory)
			return err
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// a2cCommand writes the files of acme2certifier and returns its command.
func a2cCommand(s *server, source string) (*exec.Cmd, error) {
	for _, dir := range []string{"acme_srv", "examples"} {
		if err := os.CopyFS(s.file(dir), os.DirFS(filepath.Join(source, dir))); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(s.file("certs"), 0o700); err != nil {
		return nil, err
	}
	handler, err := os.ReadFile(s.file("examples/db_handler/wsgi_handler.py"))
	if err != nil {
		return nil, err
	}
	issuer, err := issue(nil, caTemplate("acme2certifier issuer"))
	if err != nil {
		return nil, err
	}
	config := fmt.Sprintf(`[DEFAULT]
debug: False
[Nonce]
nonce_check_disable: False
[DBhandler]
dbfile: %[1]s/acme.db
[CAhandler]
handler_file: %[1]s/examples/ca_handler/openssl_ca_handler.py
issuing_ca_key: %[1]s/ca.key
issuing_ca_cert: %[1]s/ca.pem
issuing_ca_crl: %[1]s/ca.crl
cert_validity_days: 30
cert_save_path: %[1]s/certs
ca_cert_chain_list: []
[Challenge]
challenge_validation_disable: False
`, s.dir)
	err = s.write(map[string][]byte{
		"acme_srv/db_handler.py": handler, "acme_srv.cfg": []byte(config), "run.py": []byte(runWSGI),
		"ca.pem": issuer.certPEM, "ca.key": issuer.keyPEM,
	})
	if err != nil {
		return nil, err
	}
	_, names, err := net.SplitHostPort(s.names.addr)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("python3", s.file("run.py"), strconv.Itoa(s.ports[0].Number), names, strconv.Itoa(s.ports[1].Number))
	cmd.Env = append(os.Environ(), "ACME_SRV_CONFIGFILE="+s.file("acme_srv.cfg"), "PYTHONPATH="+s.dir+string(os.PathListSeparator)+s.file("examples"), "PYTHONDONTWRITEBYTECODE=1")
	return cmd, nil
}

// startProxy starts the TLS server in front of acme2certifier, which makes its URLs
// from the headers of each request.
func (a *Acme2certifier) startProxy(root *authority, s *server) error {
	cert, err := root.newServer()
	if err != nil {
		return err
	}
	if err := s.write(map[string][]byte{"tls-root.pem": root.certPEM}); err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert.certPEM, cert.keyPEM)
	if err != nil {
		return err
	}
	ln, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return err
	}
	a.Directory = "https://" + ln.Addr().String() + "/directory"
	behind := &url.URL{Scheme: "http", Host: s.ports[0].String()}
	a.proxy = &http.Server{Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: &http.Transport{DisableKeepAlives: true}, // wsgiref closes each connection
	}}
	a.ended = make(chan struct{})
	go func() {
		defer close(a.ended)
		if err := a.proxy.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			_ = ln.Close() // the tests then see a refused connection
		}
	}()
	return nil
}

// Stop ends acme2certifier and the proxy.
func (a *Acme2certifier) Stop() {
	a.stopProxy()
	a.server.Stop()
}

func (a *Acme2certifier) stopProxy() {
	if a.proxy != nil {
		_ = a.proxy.Close()
		<-a.ended
	}
}
