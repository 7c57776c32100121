package io.trawl.workers.server;

/** The ports that a started worker listens on. */
public record WorkerPorts(int grpc, int http, int metrics) {}
