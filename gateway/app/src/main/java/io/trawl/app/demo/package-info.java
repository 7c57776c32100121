/**
 * What {@code ./trawl demo} shows of a running gateway: {@link io.trawl.app.demo.DemoShow} picks
 * three sample users and three objectives, asks for each over HTTP and over gRPC, compares the two
 * and the exact engine, and prints histories, answers and where the time went.
 *
 * <p>Users are picked by their histories, never by how well they are answered; everything printed
 * came through the API. Never starts a server.
 */
@NullMarked
package io.trawl.app.demo;

import org.jspecify.annotations.NullMarked;
