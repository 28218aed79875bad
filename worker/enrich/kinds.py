"""Which kind of client a name stands for, where the parsers tell the name but not the kind."""

from __future__ import annotations

from typing import Literal

Kind = Literal["browser", "installer", "bot", "library", "unknown"]

INSTALLERS = frozenset(
    {"conda", "flit", "hatch", "pdm", "pip", "pipenv", "poetry", "setuptools", "twine", "uv"}
)
"""Known by the head of an agent that was cut, or that linehaul does not understand whole; in lower case."""

_LIBRARIES = """
    aihttp aiohttp akka-http ansible-httpget apache-cxf apache-httpclient aria2 aws-cli aws-sdk-go
    aws-sdk-java aws-sdk-js aws-sdk-nodejs aws-sdk-php aws-sdk-ruby2 aws-sdk-ruby3 axios
    azure-sdk-for-python boto boto3 botocore bun containerd cpp-httplib curl dart deno docker
    docker-client dotnet electron-fetch elixir-hackney faraday gaxios git git-lfs go-http-client go-resty
    google-api-python-client google-cloud-sdk google-http-java-client got grpc-go grpc-java-netty
    grpc-node-js grpc-python guzzlehttp hackney helm http%20client http.rb httparty httpclient httpie
    httpunit httpx insomnia java java-http-client jersey jnlp ktor-client kubectl lftp libcurl
    libcurl-agent libfetch libsoup libwww-perl lua-resty-http lwp-request lwp::simple mechanize mint
    needle node node-fetch node-superagent node.js okhttp openai perl postmanruntime powershell pulumi
    pycurl python python-httpx python-requests python-urllib python-urllib3 quarkus-http-client r-curl
    reactor-netty reactornetty req request requests rest-client restify restsharp retrofit ruby
    scalaj-http skopeo superagent swift-nio symfony terraform typhoeus undici unirest-java ureq urlgrabber
    urllib3 volley webclient wget wget2 windowspowershell winhttp
"""
_OF_TWO_WORDS = {"fetch libfetch", "hashicorp terraform", "openbsd ftp", "python aiohttp", "python requests"}
LIBRARIES = frozenset(_LIBRARIES.split()) | _OF_TWO_WORDS
"""HTTP libraries and tools of the command line, as they or our parsers call them; in lower case."""


def is_library(name: str) -> bool:
    """Whether it is an HTTP library or a tool of the command line."""
    plain = name.lower()
    return plain in LIBRARIES or plain.startswith("unirest-")


def kind_of(name: str, *, otherwise: Kind) -> Kind:
    """The kind of what is called *name*: a known one, else *otherwise*."""
    if name.lower() in INSTALLERS:
        return "installer"
    return "library" if is_library(name) else otherwise
