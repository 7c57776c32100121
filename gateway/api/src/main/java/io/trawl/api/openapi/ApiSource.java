package io.trawl.api.openapi;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * retrieval.proto as the build packaged it: its text, and its comments as protoc attached them to
 * what they stand above.
 */
public final class ApiSource {

  /** Where the HTTP port serves it, and where it lies in the jar. */
  static final String PATH = "/trawl/v1/retrieval.proto";

  private static final String DESCRIPTORS = "/trawl/v1/retrieval.binpb";

  private final Map<List<Integer>, Location> locations = new HashMap<>();
  private final Map<String, String> comments = new HashMap<>();

  private ApiSource(FileDescriptorProto file) {
    file.getSourceCodeInfo().getLocationList().forEach(at -> locations.put(at.getPathList(), at));
    var scope = file.getPackage();
    for (int i = 0; i < file.getMessageTypeCount(); i++) {
      addMessage(
          scope, file.getMessageType(i), List.of(FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, i));
    }
    for (int i = 0; i < file.getServiceCount(); i++) {
      var service = file.getService(i);
      var name = scope + "." + service.getName();
      var path = List.of(FileDescriptorProto.SERVICE_FIELD_NUMBER, i);
      add(name, path);
      for (int j = 0; j < service.getMethodCount(); j++) {
        add(
            name + "." + service.getMethod(j).getName(),
            at(path, ServiceDescriptorProto.METHOD_FIELD_NUMBER, j));
      }
    }
  }

  static byte[] text() {
    return resource(PATH);
  }

  public static ApiSource read() {
    try {
      return FileDescriptorSet.parseFrom(resource(DESCRIPTORS)).getFileList().stream()
          .filter(file -> PATH.endsWith("/" + file.getName()))
          .findFirst()
          .map(ApiSource::new)
          .orElseThrow(() -> new IllegalStateException(DESCRIPTORS + " lacks " + PATH));
    } catch (IOException broken) {
      throw new UncheckedIOException(DESCRIPTORS, broken);
    }
  }

  /**
   * What is said of a message, field, service or method; empty where nothing is.
   *
   * @param fullName such as {@code trawl.v1.RetrieveRequest.k}
   */
  public String comment(String fullName) {
    return comments.getOrDefault(fullName, "");
  }

  /** What is said above everything else. */
  String head() {
    var syntax = locations.get(List.of(FileDescriptorProto.SYNTAX_FIELD_NUMBER));
    return syntax == null || syntax.getLeadingDetachedCommentsCount() == 0
        ? ""
        : text(syntax.getLeadingDetachedComments(0));
  }

  private void addMessage(String scope, DescriptorProto message, List<Integer> path) {
    var name = scope + "." + message.getName();
    add(name, path);
    for (int i = 0; i < message.getFieldCount(); i++) {
      add(
          name + "." + message.getField(i).getName(),
          at(path, DescriptorProto.FIELD_FIELD_NUMBER, i));
    }
    for (int i = 0; i < message.getNestedTypeCount(); i++) {
      addMessage(
          name, message.getNestedType(i), at(path, DescriptorProto.NESTED_TYPE_FIELD_NUMBER, i));
    }
  }

  private void add(String name, List<Integer> path) {
    var location = locations.get(path);
    if (location != null && location.hasLeadingComments()) {
      comments.put(name, text(location.getLeadingComments()));
    }
  }

  private static List<Integer> at(List<Integer> path, int field, int index) {
    var longer = new ArrayList<>(path);
    longer.add(field);
    longer.add(index);
    return List.copyOf(longer);
  }

  /** One line per paragraph; tables and lists keep theirs. */
  private static String text(String comment) {
    return comment.replaceAll("(?m)^ ", "").replaceAll("(?<!\n)\n(?![\n -])", " ").stripTrailing();
  }

  private static byte[] resource(String path) {
    try (var stream = ApiSource.class.getResourceAsStream(path)) {
      return Objects.requireNonNull(stream, () -> "the build left out " + path).readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(path, unreadable);
    }
  }
}
