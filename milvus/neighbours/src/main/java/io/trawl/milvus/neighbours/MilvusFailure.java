package io.trawl.milvus.neighbours;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/** Why a call to Milvus gave nothing. */
public sealed interface MilvusFailure {

  /** Nobody answers there, or the connection was lost. */
  record Unreachable(String why) implements MilvusFailure {
    public Unreachable {
      Objects.requireNonNull(why, "why");
    }
  }

  /**
   * It answers, but cannot do this now: it starts and has not loaded the collection yet, or is too
   * busy. Worth asking again later, and nothing to repair by force.
   *
   * @param code Milvus' own
   */
  record NotReady(int code, String why) implements MilvusFailure {
    public NotReady {
      Objects.requireNonNull(why, "why");
    }
  }

  /** The call's time ran out. */
  record Expired() implements MilvusFailure {}

  /** Nobody waits any more. */
  record Cancelled() implements MilvusFailure {}

  /** The call was not made: too many are under way, or too many failed lately. */
  record Refused(String why, Duration retryAfter) implements MilvusFailure {
    public Refused {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(retryAfter, "retryAfter");
    }
  }

  /**
   * What was asked is wrong and stays wrong: no such collection, no such field, a bad filter.
   *
   * @param code Milvus' own, 0 where the SDK refused by itself
   */
  record Wrong(int code, String why) implements MilvusFailure {
    public Wrong {
      Objects.requireNonNull(why, "why");
    }
  }

  /** Anything else that went wrong inside it. */
  record Broken(int code, String why) implements MilvusFailure {
    public Broken {
      Objects.requireNonNull(why, "why");
    }
  }

  /** The kind in metrics: {@code unreachable}, {@code not_ready} and so on. */
  default String label() {
    return getClass().getSimpleName().replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** For callers: neither where Milvus is nor what it said. */
  default String outside() {
    return switch (this) {
      case Unreachable _ -> "Milvus cannot be reached";
      case NotReady _ -> "Milvus is not ready";
      case Refused _ -> "Milvus was not asked";
      case Wrong _ -> "Milvus refuses what was asked";
      case Broken _ -> "Milvus failed";
      case Expired _, Cancelled _ -> text();
    };
  }

  /** For a person who may see the inside. */
  default String text() {
    return switch (this) {
      case Unreachable(var why) -> "Milvus cannot be reached: " + why;
      case NotReady(_, var why) -> "Milvus is not ready: " + why;
      case Expired() -> "Milvus took too long";
      case Cancelled() -> "the call to Milvus was cancelled";
      case Refused(var why, _) -> "Milvus was not asked: " + why;
      case Wrong(_, var why) -> "Milvus refuses what was asked: " + why;
      case Broken(_, var why) -> "Milvus failed: " + why;
    };
  }
}
