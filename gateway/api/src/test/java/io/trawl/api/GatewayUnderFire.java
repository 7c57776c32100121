package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.workers.testkit.BufferLeaks;
import io.trawl.workers.testkit.attack.ServerUnderFire;
import io.trawl.workers.testkit.attack.TypedAnswers;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A gateway that gets bytes of any kind, and afterwards has to be as if nothing had been. */
final class GatewayUnderFire extends ServerUnderFire {

  static final String RETRIEVE =
      """
      {"user":{"id":"u1","profile":{"country":"de"},"history":[{"item":"B01","action":"click",\
      "time":1700000000},{"item":"B02","action":"buy"}]},"objectives":[{"name":"next-item"},\
      {"name":"search","text":"rubber duck","weight":2.5,"quota":3}],"k":3,"filter":{"all":[\
      {"equal":{"attribute":"brand","value":"Acme"}},{"in":{"attribute":"price","values":[1,2.5]}},\
      {"not":{"range":{"attribute":"price","at_least":1,"at_most":9}}}]},"excluded_items":["B03"],\
      "exclude_history":true,"deadline_ms":1000,"engine":{"engine":"explore","rounds":2,\
      "sample":100,"keep":10,"neighbours":5,"seed":7},"request_id":"r-1","now":1700000000,\
      "explain":true,"on_missing":"skip","merge":{"by":"score"}}\
      """;

  static final Map<String, String> POSTS = goodBodies();

  static final List<String> RPCS =
      List.of(
          "Retrieve",
          "RetrieveBatch",
          "RetrieveStream",
          "Similar",
          "Search",
          "ListObjectives",
          "GetItem");

  /**
   * 499, 500 and 502 are missing on purpose: nothing fails here, and nobody leaves in time. 431 and
   * 501 are what the libraries below say, without a document, of headers without end and of a
   * version of HTTP that does not exist.
   */
  private static final TypedAnswers TYPED =
      new TypedAnswers(
          Set.of(200, 400, 404, 405, 408, 413, 415, 417, 429, 431, 501, 504),
          answer ->
              answer.status() == 501
                  || answer.status() == 431
                  || answer.field("content-type").equals("application/problem+json")
                      && new JsonObject(answer.text()).getString("type").startsWith("urn:trawl:"));

  final Gateway gateway;

  GatewayUnderFire() {
    this(Duration.ofSeconds(30));
  }

  GatewayUnderFire(Duration bodyTimeout) {
    super(TYPED);
    gateway = new Gateway(TestLimits.small(), Gateway.options(1, 8192, bodyTimeout));
  }

  private static Map<String, String> goodBodies() {
    Map<String, String> posts = new LinkedHashMap<>();
    posts.put("/v1/retrieve", RETRIEVE);
    posts.put("/v1/retrieve:batch", "{\"requests\":[" + RETRIEVE + ",{}],\"request_id\":\"b\"}");
    posts.put("/v1/retrieve:stream", RETRIEVE);
    posts.put(
        "/v1/similar",
        "{\"items\":[\"B01\",\"B02\"],\"unlike\":[\"B03\"],\"k\":5,\"excluded_items\":[\"B04\"],"
            + "\"deadline_ms\":500,\"request_id\":\"s\",\"explain\":true,\"on_missing\":\"fail\"}");
    posts.put(
        "/v1/search",
        "{\"query_vectors\":[{\"values\":[1,2.5,-3]},{\"values\":[1e-3,0,1]}],\"k\":5,"
            + "\"engine\":{\"engine\":\"exact\"},\"deadline_ms\":500}");
    return posts;
  }

  @Override
  public Map<String, String> posts() {
    return POSTS;
  }

  @Override
  public List<String> rpcs() {
    return RPCS;
  }

  @Override
  public String mainRpc() {
    return "Retrieve";
  }

  @Override
  public String path(String rpc) {
    return "/trawl.v1.Retrieval/" + rpc;
  }

  @Override
  public byte[] goodMessage(String rpc) {
    try {
      return switch (rpc) {
        case "RetrieveBatch" -> parsed(RetrieveBatchRequest.newBuilder(), "/v1/retrieve:batch");
        case "Similar" -> parsed(SimilarRequest.newBuilder(), "/v1/similar");
        case "Search" -> parsed(SearchRequest.newBuilder(), "/v1/search");
        case "ListObjectives" -> ListObjectivesRequest.getDefaultInstance().toByteArray();
        case "GetItem" -> GetItemRequest.newBuilder().setId("B01").build().toByteArray();
        default -> parsed(RetrieveRequest.newBuilder(), "/v1/retrieve");
      };
    } catch (java.io.IOException wrong) {
      throw new AssertionError(rpc, wrong);
    }
  }

  private byte[] parsed(com.google.protobuf.Message.Builder message, String path)
      throws java.io.IOException {
    com.google.protobuf.util.JsonFormat.parser().merge(goodBody(path), message);
    return message.build().toByteArray();
  }

  @Override
  public int httpPort() {
    return gateway.server.httpPort();
  }

  @Override
  public int grpcPort() {
    return gateway.server.grpcPort();
  }

  @Override
  public void assertCalm() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    do {
      var answer = gateway.post(RETRIEVE);
      assertEquals(200, answer.status(), answer::text);
      assertEquals("0", gateway.retrieve(goodMessage("Retrieve")).code());
    } while (inFlight() > 0 && System.nanoTime() < end);
    assertEquals(0, inFlight());
    assertEquals(List.of(), errors());
    assertEquals(List.of(), BufferLeaks.found(PATIENCE));
  }

  private double inFlight() {
    return gateway.registry.get("trawl.requests.in.flight").gauge().value();
  }

  @Override
  protected void end() {
    gateway.close();
  }
}
