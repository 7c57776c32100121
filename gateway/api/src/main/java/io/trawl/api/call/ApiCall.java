package io.trawl.api.call;

import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.call.RetrievalCalls.Caller;
import io.trawl.api.call.RetrievalCalls.Updates;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Locale;

/**
 * A call of retrieval.proto. HTTP's paths, gRPC's methods and the OpenAPI document are made of
 * {@link #TABLE} alone.
 *
 * @param rpc the call over gRPC
 * @param method over HTTP: of a POST the body is the message
 * @param path over HTTP, as it comes over the wire, or with {@link #ID} as its last part
 * @param prototype of its message
 */
public record ApiCall<M extends Message>(
    MethodDescriptor rpc, HttpMethod method, String path, M prototype, Asking<M> asking) {

  public static final ServiceDescriptor SERVICE =
      RetrievalProto.getDescriptor().findServiceByName("Retrieval");

  /** The one kind of parameter: the rest of the path, which holds no slash. */
  public static final String ID = "{id}";

  public static final List<ApiCall<?>> TABLE =
      List.of(
          call(
              "Retrieve",
              HttpMethod.POST,
              "/v1/retrieve",
              RetrieveRequest.getDefaultInstance(),
              (calls, message, caller, _) -> calls.retrieve(message, caller)),
          call(
              "RetrieveBatch",
              HttpMethod.POST,
              "/v1/retrieve:batch",
              RetrieveBatchRequest.getDefaultInstance(),
              (calls, message, caller, _) -> calls.retrieveBatch(message, caller)),
          call(
              "RetrieveStream",
              HttpMethod.POST,
              "/v1/retrieve:stream",
              RetrieveRequest.getDefaultInstance(),
              RetrievalCalls::retrieveStream),
          call(
              "Similar",
              HttpMethod.POST,
              "/v1/similar",
              SimilarRequest.getDefaultInstance(),
              (calls, message, caller, _) -> calls.similar(message, caller)),
          call(
              "Search",
              HttpMethod.POST,
              "/v1/search",
              SearchRequest.getDefaultInstance(),
              (calls, message, caller, _) -> calls.search(message, caller)),
          call(
              "ListObjectives",
              HttpMethod.GET,
              "/v1/objectives",
              ListObjectivesRequest.getDefaultInstance(),
              (calls, _, caller, _) -> calls.listObjectives(caller)),
          call(
              "GetItem",
              HttpMethod.GET,
              "/v1/items/" + ID,
              GetItemRequest.getDefaultInstance(),
              (calls, message, caller, _) -> calls.getItem(message, caller)));

  private static <M extends Message> ApiCall<M> call(
      String rpc, HttpMethod method, String path, M prototype, Asking<M> asking) {
    return new ApiCall<>(SERVICE.findMethodByName(rpc), method, path, prototype, asking);
  }

  /** What the call is called in metrics. */
  public String label() {
    return label(rpc.getName());
  }

  /** {@code list_objectives} for ListObjectives. */
  public static String label(String rpc) {
    return rpc.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  public boolean hasId() {
    return path.endsWith(ID);
  }

  /** The message of a request whose path names an item. */
  public M withId(String id) {
    @SuppressWarnings("unchecked") // a prototype's builder builds the prototype's class
    var message =
        (M) prototype.toBuilder().setField(rpc.getInputType().findFieldByName("id"), id).build();
    return message;
  }

  /** Makes the call for an exchange that has its message. */
  public Future<CallReply> ask(
      RetrievalCalls calls, M message, Caller caller, CallExchange exchange) {
    if (rpc.isServerStreaming()) {
      exchange.stream();
    }
    return asking.ask(calls, message, caller, exchange::offer);
  }

  /** Asks for an answer. */
  @FunctionalInterface
  public interface Asking<M> {

    /**
     * @param updates where a stream's go
     */
    Future<CallReply> ask(RetrievalCalls calls, M message, Caller caller, Updates updates);
  }
}
