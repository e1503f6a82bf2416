// load.c - a load generator for streams, and a meter of the gateway's processes. One epoll thread, loopback only.
// It checks every delta: each answer must hold the numbers 0..n-1 in order, as often as -x says.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <dirent.h>
#include <getopt.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
static uint64_t now_us(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec*1000000ull+t.tv_nsec/1000;}
static const char*HELP=
"load --port P --client PROTOCOL [--path PATH] [--agent NAME] -c CONNS -r REQUESTS -n DELTAS [-d US] [-b BURST] [-x MULT]\n"
"     [-p PID[,PID..]] [-H 'name: value']... [--ramp CONNS_PER_S] [--json-only] [--nostream] [--timeout S] [--label L]\n"
" PROTOCOL: chat-completions, coze, responses, tongyi, or to ask the mock alone dashscope, dashscope-app\n"
" --agent: who is asked; otherwise the mock's answer that -n, -d and -b name\n"
" -x: how often each delta's text comes back in all; otherwise as often as Parley tells it in that protocol\n"
" -p: gateway pids; their descendants are added. CPU = utime+stime difference over the run; RSS before, at full concurrency, after.\n";
// What a client sends: %s is who is asked, then whether it is to stream. mult is how often Parley tells each delta's text: a Coze client is told it once more when the message is
// completed, one of Tongyi in the last frame, one of Responses in four.
typedef struct{const char*name,*path;int mult;const char*body;}Client;
#define ASK "Say something of about two hundred words, please."
#define FLAGS "\"searchType\":\"\",\"pptGenerate\":false,\"deepThink\":false,\"deepResearch\":false"
static const Client clients[]={
 {"chat-completions","/v1/chat/completions",1,"{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"system\",\"content\":\"You are helpful.\"},{\"role\":\"user\",\"content\":\"" ASK "\"}]}"},
 {"coze","/v3/chat",2,"{\"bot_id\":\"%s\",\"user_id\":\"u1\",\"stream\":%s,\"auto_save_history\":true,\"additional_messages\":[{\"role\":\"user\",\"content\":\"" ASK "\",\"content_type\":\"text\"}]}"},
 {"responses","/v1/responses",5,"{\"model\":\"%s\",\"stream\":%s,\"input\":\"" ASK "\"}"},
 {"tongyi","/dialog/conversation",2,"{\"model\":\"\",\"action\":\"next\",\"mode\":\"chat\",\"userAction\":\"chat\",\"requestId\":\"b4768127069b496d9ef07f52b49698b6\",\"sessionId\":\"\",\"sessionType\":\"text_chat\",\"parentMsgId\":\"\",\"params\":{\"agentId\":\"%s\",\"bizScene\":\"\",\"bizSceneInfo\":{},\"specifiedModel\":\"\"," FLAGS "},\"contents\":[{\"content\":\"" ASK "\",\"contentType\":\"text\",\"role\":\"user\",\"ext\":{" FLAGS "}}]}"},
 {"dashscope","/api/v1/services/aigc/text-generation/generation",1,"{\"model\":\"%s\",\"input\":{\"messages\":[{\"role\":\"system\",\"content\":\"You are helpful.\"},{\"role\":\"user\",\"content\":\"" ASK "\"}]},\"parameters\":{\"result_format\":\"message\",\"incremental_output\":%s}}"},
 {"dashscope-app","/api/v1/apps/%s/completion",1,"{\"input\":{\"prompt\":\"" ASK "\"},\"parameters\":{\"incremental_output\":true},\"debug\":{}}"},{0}};
enum{IDLE,HDR,CL,CHSZ,CHDATA,CHEND,TRAIL,EOFB};
typedef struct{int fd,st;int hl;char hdr[8192];long left;uint64_t t0;int got,ts_n,no,bad;uint64_t ts;int first,connecting,status;int mb,done_conn;char lb[24];int ll;} C;
static int port,conns=32,n=200,burst=1,mult,nostream;static long reqs=1000,delay;static char*path,*client="",*agent,*label="";
static char req[16384];static int reqlen;static int ep;static long started,finished,errors,events;static uint64_t bytes;static uint32_t*ttfe;static long nttfe;static uint32_t*dur;
static uint64_t*lat_h;/* 1us..: histogram, 10us buckets to 10 s */static uint64_t lat_n,lat_max;static long firsts;static char err1[256];
#define LB 1000000
static int pids[512],npids;
static long tick;
static void add_children(void){ // descendants
  int grew=1; while(grew){grew=0;DIR*d=opendir("/proc");struct dirent*e;while((e=readdir(d))){int p=atoi(e->d_name);if(!p)continue;char f[64];snprintf(f,64,"/proc/%d/stat",p);FILE*fp=fopen(f,"r");if(!fp)continue;char b[1024];int l=fread(b,1,1023,fp);fclose(fp);b[l]=0;char*q=strrchr(b,')');int pp;if(!q||sscanf(q+2,"%*c %d",&pp)!=1)continue;int has=0,par=0;for(int i=0;i<npids;i++){if(pids[i]==p)has=1;if(pids[i]==pp)par=1;}if(!has&&par&&npids<512){pids[npids++]=p;grew=1;}}closedir(d);}}
static void meter(double*cpu_us,double*usr,double*rss,int*threads){long u=0,s=0,r=0,th=0;for(int i=0;i<npids;i++){char f[64];snprintf(f,64,"/proc/%d/stat",pids[i]);FILE*fp=fopen(f,"r");if(!fp)continue;char b[1024];int l=fread(b,1,1023,fp);fclose(fp);b[l]=0;char*q=strrchr(b,')');if(!q)continue;unsigned long uu,ss;long nt,rr;if(sscanf(q+2,"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %*u %*u %ld",&uu,&ss,&nt,&rr)==4){u+=uu;s+=ss;th+=nt;r+=rr;}}
  *cpu_us=(u+s)*1e6/tick;*usr=u*1e6/tick;*rss=r*(double)getpagesize()/1048576;*threads=th;}
static int cmpu(const void*a,const void*b){uint32_t x=*(uint32_t*)a,y=*(uint32_t*)b;return x<y?-1:x>y;}
static void fail(C*c,const char*w){errors++;if(!err1[0])snprintf(err1,sizeof err1,"%s: status=%d got=%d st=%d hdr=%.80s",w,c->status,c->got,c->st,c->hdr);}
static int dial(C*c){c->fd=socket(AF_INET,SOCK_STREAM|SOCK_NONBLOCK,0);if(c->fd<0){perror("socket");return -1;}int one=1;setsockopt(c->fd,IPPROTO_TCP,TCP_NODELAY,&one,sizeof one);struct sockaddr_in a={.sin_family=AF_INET,.sin_port=htons(port),.sin_addr.s_addr=htonl(INADDR_LOOPBACK)};int r=connect(c->fd,(void*)&a,sizeof a);if(r&&errno!=EINPROGRESS){perror("connect");close(c->fd);c->fd=-1;return -1;}c->connecting=1;struct epoll_event e={.events=EPOLLOUT,.data.ptr=c};epoll_ctl(ep,EPOLL_CTL_ADD,c->fd,&e);return 0;}
static void next(C*c){ // send the next request on an established connection
  if(started>=reqs){c->st=IDLE;c->done_conn=1;return;}started++;c->st=HDR;c->hl=0;c->got=0;c->bad=0;c->first=0;c->status=0;c->ts_n=-1;c->ll=0;c->t0=now_us();
  if(send(c->fd,req,reqlen,MSG_NOSIGNAL)!=reqlen){fail(c,"send");finished++;c->done_conn=1;}}
static void scan(C*c,const char*p,long l){bytes+=l;const char*e=p+l;
  while(p<e){ if(c->ts_n>=0){char k=*p++;int v=k>='0'&&k<='9'?k-'0':k>='a'&&k<='f'?k-'a'+10:-1;if(v<0){c->ts_n=-1;c->bad=1;continue;}
      if(c->ts_n<12)c->ts=c->ts<<4|v;else c->no=c->no<<4|v;
      if(++c->ts_n==16){c->ts_n=-1;if(c->no!=(c->got-1)%n)c->bad=1;if(c->got<=n){uint64_t t=now_us();uint64_t d=t>c->ts?t-c->ts:0;lat_h[d/10<LB?d/10:LB-1]++;lat_n++;if(d>lat_max)lat_max=d;}}continue;}
    const char*q=memchr(p,'~',e-p);if(!q)break;c->got++;if(!c->first){c->first=1;firsts++;ttfe[nttfe++]=now_us()-c->t0;}c->ts=0;c->no=0;c->ts_n=0;p=q+1;}}
static void complete(C*c){long want=nostream?1:(long)n*mult;events+=c->got/mult;if(c->status!=200)fail(c,"status");else if(c->got!=want)fail(c,"count");else if(c->bad)fail(c,"wrong delta");dur[finished]=now_us()-c->t0;finished++;c->st=IDLE;}
static void redial(C*c){if(c->fd>=0)close(c->fd);c->fd=-1;if(started<reqs){if(dial(c))c->done_conn=1;}else c->done_conn=1;}
static void feed(C*c,char*b,long l){char*p=b,*e=b+l;
  while(p<e){switch(c->st){
   case IDLE:return;
   case HDR:{while(p<e&&c->hl<8190){c->hdr[c->hl++]=*p++;if(c->hl>=4&&!memcmp(c->hdr+c->hl-4,"\r\n\r\n",4)){c->hdr[c->hl]=0;c->status=atoi(c->hdr+9);char*q;c->mb=0;if(strcasestr(c->hdr,"transfer-encoding: chunked"))c->st=CHSZ;else if((q=strcasestr(c->hdr,"content-length:"))){c->left=atol(q+15);c->st=CL;if(!c->left){complete(c);next(c);}}else c->st=EOFB;c->ll=0;break;}}if(c->hl>=8190){fail(c,"hdr");finished++;redial(c);return;}break;}
   case CL:{long k=e-p<c->left?e-p:c->left;scan(c,p,k);p+=k;c->left-=k;if(!c->left){complete(c);next(c);}break;}
   case EOFB:scan(c,p,e-p);p=e;break;
   case CHSZ:{char k=*p++;if(k=='\n'){c->lb[c->ll]=0;c->left=strtol(c->lb,0,16);c->ll=0;c->st=c->left?CHDATA:TRAIL;}else if(c->ll<20)c->lb[c->ll++]=k;break;}
   case CHDATA:{long k=e-p<c->left?e-p:c->left;scan(c,p,k);p+=k;c->left-=k;if(!c->left)c->st=CHEND;break;}
   case CHEND:if(*p++=='\n')c->st=CHSZ;break;
   case TRAIL:{char k=*p++;if(k=='\n'){if(c->ll==0){complete(c);if(strcasestr(c->hdr,"connection: close")){redial(c);return;}next(c);}else c->ll=0;}else if(k!='\r')c->ll++;break;}
  }}}
int main(int ac,char**av){
  static struct option o[]={{"port",1,0,1},{"path",1,0,2},{"client",1,0,3},{"ramp",1,0,4},{"json-only",0,0,5},{"nostream",0,0,6},{"timeout",1,0,7},{"label",1,0,8},{"help",0,0,9},{"agent",1,0,10},{0}};
  int k,ramp=0,quiet=0,tmo=120;char hdrs[8192]="";char*pl=0;tick=sysconf(_SC_CLK_TCK);
  while((k=getopt_long(ac,av,"c:r:n:d:b:x:p:H:",o,0))!=-1)switch(k){case 1:port=atoi(optarg);break;case 2:path=optarg;break;case 3:client=optarg;break;case 4:ramp=atoi(optarg);break;case 5:quiet=1;break;case 6:nostream=1;break;case 7:tmo=atoi(optarg);break;case 8:label=optarg;break;case 10:agent=optarg;break;case 'c':conns=atoi(optarg);break;case 'r':reqs=atol(optarg);break;case 'n':n=atoi(optarg);break;case 'd':delay=atol(optarg);break;case 'b':burst=atoi(optarg);break;case 'x':mult=atoi(optarg);break;case 'p':pl=optarg;break;case 'H':strcat(hdrs,optarg);strcat(hdrs,"\r\n");break;default:fputs(HELP,stderr);return 2;}
  const Client*cl=clients;while(cl->name&&strcmp(cl->name,client))cl++;if(!port||conns>19000||!cl->name){fputs(HELP,stderr);return 2;}
  if(!mult)mult=cl->mult;char shape[96];snprintf(shape,96,"mock-n%d-d%ld-b%d",n,delay,burst);if(!agent)agent=shape;
  char body[2048],to[1024];snprintf(body,2048,cl->body,agent,nostream?"false":"true");snprintf(to,1024,path?path:cl->path,agent);
  reqlen=snprintf(req,sizeof req,"POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\n%sContent-Length: %zu\r\n\r\n%s",to,port,hdrs,strlen(body),body);
  if(pl){for(char*q=strtok(pl,",");q;q=strtok(0,","))pids[npids++]=atoi(q);add_children();}
  ttfe=calloc(reqs+conns+16,4);dur=calloc(reqs+conns+16,4);lat_h=calloc(LB,8);C*cs=calloc(conns,sizeof(C));ep=epoll_create1(0);
  double c0,u0,r0,c1,u1,r1,rf=0;int th,th1;double cf=0;uint64_t tf=0;long evf=0;meter(&c0,&u0,&r0,&th);uint64_t T0=now_us();int opened=0;static struct epoll_event ev[1024];static char buf[262144];uint64_t lastm=0;double rpeak=r0;
  long expect=reqs<conns?reqs:conns;
  while(finished<reqs){
    uint64_t t=now_us();if(t-T0>(uint64_t)tmo*1000000){snprintf(err1,sizeof err1,"timeout: finished=%ld of %ld firsts=%ld",finished,reqs,firsts);errors+=reqs-finished;break;}
    while(opened<expect&&(!ramp||(t-T0)*ramp/1000000>=(uint64_t)opened)){cs[opened].fd=-1;if(dial(&cs[opened])){errors++;finished++;}opened++;if(!ramp&&opened%512==0)break;}
    if(!rf&&firsts>=expect){add_children();meter(&cf,&u1,&rf,&th1);tf=now_us();}
    if(t-lastm>100000){double a,b2,c2;int d2;meter(&a,&b2,&c2,&d2);if(c2>rpeak)rpeak=c2;lastm=t;}
    int m=epoll_wait(ep,ev,1024,opened<expect?1:50);
    for(int i=0;i<m;i++){C*c=ev[i].data.ptr;if(c->fd<0)continue;
      if(c->connecting){int er=0;socklen_t sl=sizeof er;getsockopt(c->fd,SOL_SOCKET,SO_ERROR,&er,&sl);if(er){c->connecting=0;started++;fail(c,strerror(er));finished++;close(c->fd);c->fd=-1;continue;}c->connecting=0;struct epoll_event e={.events=EPOLLIN|EPOLLRDHUP,.data.ptr=c};epoll_ctl(ep,EPOLL_CTL_MOD,c->fd,&e);next(c);continue;}
      ssize_t r=recv(c->fd,buf,sizeof buf,0);if(r>0)feed(c,buf,r);else if(r==0||errno!=EAGAIN){if(c->st==EOFB){complete(c);redial(c);}else if(c->st!=IDLE){fail(c,"closed early");finished++;redial(c);}else if(!c->done_conn)redial(c);else{close(c->fd);c->fd=-1;}}}
  }
  uint64_t T1=now_us();meter(&c1,&u1,&r1,&th1);if(r1>rpeak)rpeak=r1;(void)tf;(void)evf;
  double wall=(T1-T0)/1e6;qsort(ttfe,nttfe,4,cmpu);qsort(dur,finished,4,cmpu);
  #define PC(a,nn,q) ((nn)?(a)[(long)((nn)*q)>=(nn)?(nn)-1:(long)((nn)*q)]/1000.0:0)
  double l50=0,l99=0,l999=0;uint64_t acc=0;for(int i=0;i<LB&&lat_n;i++){acc+=lat_h[i];if(!l50&&acc>=lat_n*0.5)l50=(i+1)*10/1000.;if(!l99&&acc>=lat_n*0.99)l99=(i+1)*10/1000.;if(!l999&&acc>=lat_n*0.999){l999=(i+1)*10/1000.;break;}}
  double cpu=c1-c0;
  printf("{\"label\":\"%s\",\"n\":%d,\"d_us\":%ld,\"b\":%d,\"conns\":%d,\"requests\":%ld,\"errors\":%ld,\"wall_s\":%.3f,\"streams_s\":%.1f,\"events_s\":%.0f,\"mb_s\":%.1f,\"ttfe_p50_ms\":%.3f,\"ttfe_p99_ms\":%.3f,\"dur_p50_ms\":%.3f",label,n,delay,burst,conns,finished,errors,wall,finished/wall,events/wall,bytes/wall/1e6,PC(ttfe,nttfe,0.5),PC(ttfe,nttfe,0.99),PC(dur,finished,0.5));
  if(lat_n)printf(",\"lat_p50_ms\":%.3f,\"lat_p99_ms\":%.3f,\"lat_p999_ms\":%.3f,\"lat_max_ms\":%.3f",l50,l99,l999,lat_max/1000.);
  if(npids)printf(",\"cpu_s\":%.3f,\"cpu_cores\":%.3f,\"cpu_us_event\":%.3f,\"cpu_us_req\":%.2f,\"sys_share\":%.2f,\"rss_before_mb\":%.1f,\"rss_full_mb\":%.1f,\"rss_peak_mb\":%.1f,\"rss_after_mb\":%.1f,\"rss_kb_stream\":%.2f,\"threads\":%d",cpu/1e6,cpu/1e6/wall,events?cpu/events:0,cpu/(finished?finished:1),cpu?1-(u1-u0)/cpu:0,r0,rf,rpeak,r1,(rpeak-r0)*1024/conns,th1);
  for(char*q=err1;*q;q++)if(*q<32||*q==34||*q==92)*q=32;printf(",\"error\":\"%s\"}\n",err1);(void)quiet;return errors?1:0;}
