package io.trawl.milvus.neighbours;

import io.milvus.shaded.io.grpc.Status;
import io.milvus.shaded.io.grpc.StatusRuntimeException;
import io.milvus.v2.exception.MilvusClientException;
import java.util.Set;

/** What the SDK throws, as ours. The codes are those of Milvus' {@code merr} package. */
final class SdkErrors {

  /**
   * Service, collection, partition, replica, channel, segment or node not there yet or any more.
   */
  private static final Set<Integer> NOT_READY =
      Set.of(1, 2, 11, 101, 103, 201, 202, 400, 401, 500, 501, 503, 600, 601, 602, 901, 902, 903);

  /** Out of memory or disk, too many requests, a rate limit. */
  private static final Set<Integer> BUSY = Set.of(3, 4, 7, 8);

  /** Says nothing by itself: the text decides. */
  private static final int UNEXPECTED = 65_535;

  private static final int LONGEST_TEXT = 300;

  private SdkErrors() {}

  static MilvusFailure of(Throwable thrown) {
    if (!(thrown instanceof MilvusClientException client)) {
      return thrown instanceof StatusRuntimeException status
          ? ofStatus(status.getStatus())
          : new MilvusFailure.Broken(0, text(thrown));
    }
    return switch (client.getErrorCode()) {
      case SERVER_ERROR, COLLECTION_NOT_FOUND -> ofServer(client.getServerErrCode(), text(client));
      case INVALID_PARAMS -> new MilvusFailure.Wrong(0, text(client));
      case TIMEOUT -> new MilvusFailure.Expired();
      case RPC_ERROR ->
          client.getCause() instanceof StatusRuntimeException status
              ? ofStatus(status.getStatus())
              : new MilvusFailure.Broken(0, text(client));
      case CLIENT_ERROR, SUCCESS -> new MilvusFailure.Broken(0, text(client));
    };
  }

  private static MilvusFailure ofServer(int code, String text) {
    if (NOT_READY.contains(code) || BUSY.contains(code)) {
      return new MilvusFailure.NotReady(code, text);
    }
    if (code == UNEXPECTED) {
      return text.contains("cannot parse expression") || text.contains("is invalid")
          ? new MilvusFailure.Wrong(code, text)
          : new MilvusFailure.Broken(code, text);
    }
    return asksWrongly(code)
        ? new MilvusFailure.Wrong(code, text)
        : new MilvusFailure.Broken(code, text);
  }

  /** Collection, partition, index, database, alias and field that are not there; parameters. */
  private static boolean asksWrongly(int code) {
    return (code >= 100 && code < 300)
        || (code >= 700 && code < 900)
        || (code >= 1100 && code < 1200)
        || (code >= 1400 && code < 1800);
  }

  private static MilvusFailure ofStatus(Status status) {
    var text = status.getCode() + (status.getDescription() == null ? "" : ": " + cut(status));
    return switch (status.getCode()) {
      case UNAVAILABLE -> new MilvusFailure.Unreachable(text);
      case DEADLINE_EXCEEDED -> new MilvusFailure.Expired();
      case CANCELLED -> new MilvusFailure.Cancelled();
      case RESOURCE_EXHAUSTED -> new MilvusFailure.NotReady(0, text);
      case INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          UNAUTHENTICATED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED ->
          new MilvusFailure.Wrong(0, text);
      case OK, UNKNOWN, ABORTED, INTERNAL, DATA_LOSS -> new MilvusFailure.Broken(0, text);
    };
  }

  private static String cut(Status status) {
    return cut(String.valueOf(status.getDescription()));
  }

  private static String text(Throwable thrown) {
    return cut(thrown.getMessage() == null ? "no reason is given" : thrown.getMessage());
  }

  /** Some of its texts are whole stack traces. */
  private static String cut(String text) {
    var line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= LONGEST_TEXT ? line : line.substring(0, LONGEST_TEXT) + "...";
  }
}
