package realca

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"

	"github.com/nfcert/nfcert/internal/loopback"
)

// nameServer answers every A question with one address and everything else with
// nothing, over UDP and TCP on one port: the DNS in which each network
// function's name leads to the test.
type nameServer struct {
	addr     string
	udp, tcp *dns.Server
	done     chan error
}

// nameTries is how often a TCP port is picked whose UDP twin is free as well.
const nameTries = 5

// startNameServer returns a name server that answers already. Its names have the
// address of the test; "": 127.0.0.1.
func startNameServer(names Address) (*nameServer, error) {
	var lastErr error
	for range nameTries {
		s, err := listenNames(net.ParseIP(cmp.Or(string(names), loopback.Host)))
		if err == nil {
			return s, nil
		}
		lastErr = err
	}
	return nil, fmt.Errorf("starting the name server: %w", lastErr)
}

func listenNames(answer net.IP) (*nameServer, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	pc, err := net.ListenPacket("udp4", l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s := &nameServer{addr: l.Addr().String(), done: make(chan error, 2)}
	ready := make(chan struct{}, 2)
	notify := func() { ready <- struct{}{} }
	handler := answering(answer)
	s.udp = &dns.Server{PacketConn: pc, Handler: handler, NotifyStartedFunc: notify}
	s.tcp = &dns.Server{Listener: l, Handler: handler, NotifyStartedFunc: notify, ReadTimeout: 5 * time.Second}
	for _, server := range []*dns.Server{s.udp, s.tcp} {
		go func() { s.done <- server.ActivateAndServe() }()
	}
	// Shutdown of a server that has not started yet is an error and would
	// leave it running.
	<-ready
	<-ready
	return s, nil
}

func answering(ip net.IP) dns.HandlerFunc {
	return func(w dns.ResponseWriter, question *dns.Msg) {
		reply := new(dns.Msg).SetReply(question)
		for _, q := range question.Question {
			if q.Qtype == dns.TypeA {
				reply.Answer = append(reply.Answer, &dns.A{
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1},
					A:   ip,
				})
			}
		}
		// A reply that cannot be sent shows as the server's time-out.
		_ = w.WriteMsg(reply)
	}
}

func (s *nameServer) stop() {
	// Only an error of a server that has already ended could come back.
	_ = s.udp.Shutdown()
	_ = s.tcp.Shutdown()
	<-s.done
	<-s.done
}
