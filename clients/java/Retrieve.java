import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.User;
import io.trawl.client.Outcome;
import io.trawl.client.TrawlClient;
import io.trawl.client.TrawlClientOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Arrays;

/**
 * Asks a gateway for items and prints the ranked list.
 *
 * <pre>java -cp CLASSPATH clients/java/Retrieve.java HOST PORT OBJECTIVE [ITEM ...]</pre>
 *
 * <p>PORT is the gateway's gRPC port, ITEM ... are the ids of what the user clicked, oldest first.
 */
final class Retrieve {

  private Retrieve() {}

  public static void main(String... args) {
    if (args.length < 3) {
      System.err.println("usage: Retrieve.java HOST PORT OBJECTIVE [ITEM ...]");
      System.exit(2);
    }
    var user = User.newBuilder();
    Arrays.stream(args)
        .skip(3)
        .forEach(item -> user.addHistory(Behaviour.newBuilder().setItem(item).setAction("click")));
    var request =
        RetrieveRequest.newBuilder()
            .setUser(user)
            .addObjectives(ObjectiveRequest.newBuilder().setName(args[2]))
            .setExcludeHistory(true)
            .build();
    var vertx = Vertx.vertx();
    var options = TrawlClientOptions.to(args[0], Integer.parseInt(args[1]));
    var client = TrawlClient.create(vertx, options);
    // A program of its own starts cold and may wait; a server asks for less and composes the
    // future.
    var outcome = client.retrieve(request, Duration.ofSeconds(10)).outcome().await();
    int status = print(outcome);
    vertx.close().await();
    System.exit(status);
  }

  private static int print(Outcome<RetrieveResponse> outcome) {
    return switch (outcome) {
      case Outcome.Answered<RetrieveResponse>(var answer) -> {
        for (var list : answer.getListsList()) {
          int place = 0;
          for (var item : list.getItemsList()) {
            System.out.printf(
                "%4d %9.4f  %-12s %s%n", ++place, item.getScore(), item.getId(), item.getTitle());
          }
        }
        yield 0;
      }
      case Outcome.Invalid<RetrieveResponse>(var text, var errors) -> {
        System.err.println(text);
        errors.forEach(error -> System.err.println(error.getField() + ": " + error.getWhy()));
        yield 2;
      }
      case Outcome.Shed<RetrieveResponse>(var text, var retryAfter) -> {
        System.err.println(text + retryAfter.map(after -> "; retry after " + after).orElse(""));
        yield 1;
      }
      case Outcome<RetrieveResponse> other -> {
        System.err.println(other.text());
        yield 1;
      }
    };
  }
}
