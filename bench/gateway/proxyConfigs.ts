export interface Ports {
  readonly front: number
  readonly origin: number
}

/** All features on: two shares, a key layer, hosts under several names for one origin, limits, histograms. */
export function gatewayTable({ front, origin }: Ports): string {
  const host = (id: string): object => ({ id, address: `127.0.0.1:${origin}`, instance: id })
  const build = (name: string): object => ({ name, digest: `sha256:${name}` })
  const layers = [
    { name: 'canary', who: { kind: 'share', from: 0, to: 0.1 }, build: build('new'), hosts: [host('canary-1')] },
    { name: 'baseline', who: { kind: 'share', from: 0.9, to: 1 }, build: build('old'), hosts: [host('baseline-1')] },
    { name: 'developer', who: { kind: 'key', key: 'developer' }, build: build('own'), hosts: [host('developer-1')] },
    {
      name: 'stable',
      who: { kind: 'everyone' },
      build: build('old'),
      hosts: [host('1'), host('2'), host('3'), host('4')],
    },
  ]
  const service = { name: 'bench', pages: false, routes: [{ path: '/api/bench' }], healthPath: '/healthz', layers }
  const door = { id: 'production/front', kind: 'front', port: front, servedBy: 'always', strict: false }
  return JSON.stringify({
    schema: 'cofferdam.table/1',
    generation: 1,
    environments: [{ name: 'production', doors: [door], services: [service] }],
  })
}

export function haproxyConfig({ front, origin }: Ports): string {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 3s
  timeout client 75s
  timeout server 75s
frontend f
  bind 127.0.0.1:${front}
  use_backend b if { path_beg /api/bench }
backend b
  http-reuse always
  server s 127.0.0.1:${origin}
`
}

/** One process: what is measured is the process that was started. @param folder for the files that nginx insists on. */
export function nginxConfig({ front, origin }: Ports, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/nginx-${name};`).join('\n  ')}
  keepalive_requests 1000000000;
  upstream origin { server 127.0.0.1:${origin}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${front};
    location /api/bench {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`
}

export function caddyConfig({ front, origin }: Ports): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${front} {
  handle /api/bench/* {
    reverse_proxy 127.0.0.1:${origin}
  }
}
`
}

export function envoyConfig({ front, origin }: Ports): string {
  const at = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } })
  const types = 'type.googleapis.com/envoy.extensions.filters'
  const manager = {
    '@type': `${types}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'front',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '/api/bench' }, route: { cluster: 'origin' } }],
        },
      ],
    },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': `${types}.http.router.v3.Router` } }],
  }
  const filter = { name: 'envoy.filters.network.http_connection_manager', typed_config: manager }
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: at(origin) } }] }]
  const cluster = {
    name: 'origin',
    type: 'STATIC',
    connect_timeout: '3s',
    load_assignment: { cluster_name: 'origin', endpoints },
  }
  const listener = { address: at(front), filter_chains: [{ filters: [filter] }] }
  return JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } })
}
