package io.trawl.app.client;

/** A request got no answer that could be used; the message says why, in one sentence. */
public final class RequestFailed extends RuntimeException {

  public RequestFailed(String why) {
    super(why);
  }

  public RequestFailed(String why, Throwable cause) {
    super(why, cause);
  }
}
