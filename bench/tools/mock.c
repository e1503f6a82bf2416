// mock.c - a cheap model server for benchmarks: one epoll thread, pre-encoded bytes, loopback only.
//   mock PORT
// The first name of this form in a request, in its path or body, is the answer's: mock-n200-d20000-b1
//   n deltas; d microseconds between them (0: as fast as the socket takes them);
//   b deltas in each write (0: as many as fit into 16 KB).
// The path tells the protocol: formats.h.
// A delta's text has 40 bytes: '~', 12 hex digits of CLOCK_MONOTONIC in microseconds, 4 hex digits of its number, and filler.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#define WHEEL 65536            // 1 ms slots
#define MAXFD 20100
#define INBUF 16384

static uint64_t now_us(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec*1000000ull+t.tv_nsec/1000;}

static const char HSTREAM[]="HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\nx-request-id: req_mock\r\nTransfer-Encoding: chunked\r\n\r\n";
#include "formats.h"
typedef struct Conn {
  int fd; int inlen; char in[INBUF];
  int body_off; long clen; int chunked; uint64_t skip;      // request framing
  const Proto *p; int n, sent, b; uint64_t d, due;        // stream state
  char *said; int saidlen, saidcap;                       // what a completed message repeats
  char *out; int outlen, outoff, outcap; int want_out; int active, pre_sent, post_sent;
  struct Conn *wnext, **wpprev;
} Conn;
static Conn *conns[MAXFD]; static Conn *wheel[WHEEL]; static Conn *ready; static uint64_t wtick; static int ep, paced;

static void wheel_add(Conn*c){uint64_t s=c->due/1000; if(s<=wtick) s=wtick+1; if(s>=wtick+WHEEL) s=wtick+WHEEL-1;
  Conn**h=&wheel[s%WHEEL]; c->wnext=*h; if(*h)(*h)->wpprev=&c->wnext; *h=c; c->wpprev=h; paced++;}
static void ready_add(Conn*c){Conn**h=&ready; c->wnext=*h; if(*h)(*h)->wpprev=&c->wnext; *h=c; c->wpprev=h; paced++;}
static void wheel_del(Conn*c){ if(!c->wpprev) return; *c->wpprev=c->wnext; if(c->wnext) c->wnext->wpprev=c->wpprev; c->wpprev=0;c->wnext=0; paced--;}
static void cclose(Conn*c){wheel_del(c); conns[c->fd]=0; close(c->fd); free(c->said); free(c->out); free(c);}
static void oput(Conn*c,const char*s,int l){ if(c->outoff==c->outlen) c->outoff=c->outlen=0;
  if(c->outlen+l>c->outcap){c->outcap=(c->outlen+l)*2+1024; c->out=realloc(c->out,c->outcap);} memcpy(c->out+c->outlen,s,l); c->outlen+=l;}
// returns 0 all sent, 1 blocked, -1 closed
static int oflush(Conn*c){ while(c->outoff<c->outlen){ ssize_t w=send(c->fd,c->out+c->outoff,c->outlen-c->outoff,MSG_NOSIGNAL);
    if(w<0){ if(errno==EAGAIN){ if(!c->want_out){struct epoll_event e={.events=EPOLLIN|EPOLLOUT|EPOLLRDHUP,.data.fd=c->fd};epoll_ctl(ep,EPOLL_CTL_MOD,c->fd,&e);c->want_out=1;} return 1;} return -1;} c->outoff+=w;}
  if(c->want_out){struct epoll_event e={.events=EPOLLIN|EPOLLRDHUP,.data.fd=c->fd};epoll_ctl(ep,EPOLL_CTL_MOD,c->fd,&e);c->want_out=0;} return 0;}
static int body_at(Conn*c,int*hole){ // reserve room for the chunk header
  oput(c,"0000\r\n",6); *hole=c->outlen-6; return c->outlen;}
static void chunk_end(Conn*c,int hole){ int l=c->outlen-hole-6; char h[8]; snprintf(h,8,"%04x",l); memcpy(c->out+hole,h,4); oput(c,"\r\n",2);}
static void put(Conn*c,const char*t,int no){ for(const char*at;(at=strchr(t,*NO));t=at+1){char s[16]; oput(c,t,at-t); oput(c,s,sprintf(s,"%d",no));} oput(c,t,strlen(t));}
static void put_delta(Conn*c){ const Proto*p=c->p; int no=p->first+c->sent; put(c,p->d1,no); char s[64];int l=snprintf(s,64,"~%012llx%04x the quick brown fox goes",(unsigned long long)now_us(),c->sent&0xffff);oput(c,s,l); put(c,p->d2,no); c->sent++;
  if(p->again){ if(c->saidlen+l>c->saidcap){c->saidcap=(c->saidlen+l)*2; c->said=realloc(c->said,c->saidcap);} memcpy(c->said+c->saidlen,s,l); c->saidlen+=l; }}
static void start_request(Conn*c);
static void finish(Conn*c){ c->active=0; }
// advance a stream; returns -1 when the connection died
static int pump(Conn*c){
  int guard=0;
  while(c->active){
    if(c->outoff<c->outlen){ int r=oflush(c); if(r) return r<0?-1:0; }
    if(!c->pre_sent){ int h; oput(c,HSTREAM,sizeof HSTREAM-1);
      if(c->p->pre){ body_at(c,&h); put(c,c->p->pre,0); chunk_end(c,h); } c->pre_sent=1; c->due=now_us()+c->d; if(c->b) { if(oflush(c)<0) return -1; } }
    if(c->sent<c->n){
      if(c->d){ uint64_t t=now_us(); if(t+500<c->due){ if(c->outoff<c->outlen){int r=oflush(c); if(r<0)return -1;} if(!c->wpprev) wheel_add(c); return 0; } c->due+=c->d; }
      int h; body_at(c,&h); int k=c->b?c->b:1<<30; while(k-->0&&c->sent<c->n&&c->outlen-h<16000) put_delta(c); chunk_end(c,h);
      int r=oflush(c); if(r) return r<0?-1:0;
      if(!c->d && ++guard>=16){ if(!c->wpprev) ready_add(c); return 0; }   // fairness among fast streams
    } else if(!c->post_sent){ int h; body_at(c,&h); int no=c->n+c->p->last; if(c->p->again){ put(c,c->p->again,no); oput(c,c->said,c->saidlen); } put(c,c->p->post,no); chunk_end(c,h); oput(c,"0\r\n\r\n",5); c->post_sent=1; int r=oflush(c); if(r) return r<0?-1:0; }
    else { finish(c); start_request(c); }
  }
  if(c->outoff<c->outlen){ int r=oflush(c); if(r<0) return -1; }
  return 0;
}
static long num(const char*s,const char*e,char k,long def){ for(;s+1<e;s++) if(s[0]=='-'&&s[1]==k) return strtol(s+2,0,10); return def;}
static void start_request(Conn*c){
  if(c->active) return;
  if(!c->inlen) return;
  c->in[c->inlen]=0;
  char*he=strstr(c->in,"\r\n\r\n"); if(!he) return; int hl=he+4-c->in; long clen=0; int chunked=0;
  for(char*l=c->in;l<he;){ char*n=strstr(l,"\r\n"); if(!strncasecmp(l,"content-length:",15)) clen=atol(l+15); else if(!strncasecmp(l,"transfer-encoding:",18)) chunked=1; else if(!strncasecmp(l,"expect:",7)) {} l=n+2; }
  int total; char*body=c->in+hl;
  if(chunked){ char*z=strstr(body,"0\r\n\r\n"); while(z&&z!=body&&z[-1]!='\n') z=strstr(z+1,"0\r\n\r\n"); if(!z) return; total=z+5-c->in; }
  else { total=hl+clen; if(total>c->inlen) return; }
  char*end=c->in+total; char sv=*end; *end=0;
  const Proto*p=0; for(int i=0;!p&&i<(int)(sizeof formats/sizeof*formats);i++){ char*at=strstr(c->in,formats[i].path); if(at&&at<he) p=&formats[i]; }
  if(!strncmp(c->in,"POST",4)&&p){
    char*m=strstr(c->in,"mock-"); char*e=m; if(m) while(*e&&!strchr("\"\\/",*e)) e++;
    c->n=m?num(m,e,'n',200):200; c->d=m?num(m,e,'d',0):0; c->b=m?num(m,e,'b',1):1; c->p=p; c->sent=c->pre_sent=c->post_sent=c->saidlen=0;
    int stream=p->first||/* those with numbers always stream */strstr(body,"\"stream\":true")||strstr(body,"\"stream\": true");
    if(stream) c->active=1;
    else { const char*b="{\"id\":\"chatcmpl-BvE9xq3o9mJZ8h1QbYw2LkR7aTnUs\",\"object\":\"chat.completion\",\"created\":1752700000,\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"~tokn\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":1,\"total_tokens\":20}}";
      char h[128]; int l=snprintf(h,128,"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",strlen(b)); oput(c,h,l); oput(c,b,strlen(b)); }
  } else { const char*b="HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"; oput(c,b,strlen(b)); }
  *end=sv; memmove(c->in,c->in+total,c->inlen-total); c->inlen-=total;
}
// detaches a whole list first: pump() may put its connections back on a list
static void run(Conn*c){ Conn*list=c; for(;c;c=c->wnext){c->wpprev=0;paced--;}
  while(list){Conn*nx=list->wnext; list->wnext=0; if(pump(list)<0) cclose(list); list=nx;} }
int main(int ac,char**av){
  int port=ac>1?atoi(av[1]):9000; int ls=socket(AF_INET,SOCK_STREAM|SOCK_NONBLOCK,0); int one=1; setsockopt(ls,SOL_SOCKET,SO_REUSEADDR,&one,sizeof one);
  struct sockaddr_in a={.sin_family=AF_INET,.sin_port=htons(port),.sin_addr.s_addr=htonl(INADDR_LOOPBACK)}; if(bind(ls,(void*)&a,sizeof a)||listen(ls,4096)){perror("bind");return 1;}
  ep=epoll_create1(0); struct epoll_event e={.events=EPOLLIN,.data.fd=ls}; epoll_ctl(ep,EPOLL_CTL_ADD,ls,&e); wtick=now_us()/1000; fprintf(stderr,"mock on %d\n",port);
  static struct epoll_event ev[512];
  for(;;){
    int n=epoll_wait(ep,ev,512,ready?0:paced?1:1000);
    for(int i=0;i<n;i++){ int fd=ev[i].data.fd;
      if(fd==ls){ for(int k=0;k<64;k++){ int f=accept4(ls,0,0,SOCK_NONBLOCK); if(f<0) break; if(f>=MAXFD){close(f);break;} setsockopt(f,IPPROTO_TCP,TCP_NODELAY,&one,sizeof one); Conn*c=calloc(1,sizeof *c); c->fd=f; conns[f]=c; struct epoll_event x={.events=EPOLLIN|EPOLLRDHUP,.data.fd=f}; epoll_ctl(ep,EPOLL_CTL_ADD,f,&x);} continue; }
      Conn*c=conns[fd]; if(!c) continue; int dead=0;
      if(ev[i].events&(EPOLLIN|EPOLLRDHUP|EPOLLHUP|EPOLLERR)){ ssize_t r=recv(fd,c->in+c->inlen,INBUF-1-c->inlen,0); if(r==0||(r<0&&errno!=EAGAIN)) dead=1; else if(r>0){c->inlen+=r; start_request(c);} }
      if(!dead && !c->wpprev) dead=pump(c)<0;
      if(dead) cclose(c);
    }
    uint64_t t=now_us()/1000;
    while(wtick<t){ wtick++; Conn**h=&wheel[wtick%WHEEL]; Conn*c=*h; *h=0; run(c); }
    Conn*c=ready; ready=0; run(c);
  }
}
