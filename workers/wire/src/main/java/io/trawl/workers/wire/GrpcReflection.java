package io.trawl.workers.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.trawl.workers.protocol.ErrorResponse;
import io.trawl.workers.protocol.FileDescriptorResponse;
import io.trawl.workers.protocol.ListServiceResponse;
import io.trawl.workers.protocol.ReflectionProto;
import io.trawl.workers.protocol.ServerReflectionRequest;
import io.trawl.workers.protocol.ServerReflectionResponse;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * gRPC server reflection, in both versions that clients ask for ({@code grpc.reflection.v1} and
 * {@code v1alpha}), for any gRPC server of Vert.x: with it {@code grpcurl} and its like need no
 * proto file.
 *
 * <p>A file is answered together with everything that it imports. What is not known is answered
 * inside the stream, as NOT_FOUND, and the stream goes on; so is every extension, since none is
 * indexed. While a caller does not read its answers, its requests wait.
 *
 * <p>Vert.x's own service ends the stream after the first request, which breaks these clients.
 *
 * {@snippet :
 * GrpcReflection.of(List.of(Inference.getDescriptor().findServiceByName("GRPCInferenceService")))
 *     .mount(server);
 * }
 */
public final class GrpcReflection {
  private static final String V1 = "grpc.reflection.v1";
  private static final String V1_ALPHA = "grpc.reflection.v1alpha";
  private static final String SERVICE = ".ServerReflection";

  private final Set<String> services = new TreeSet<>();

  /** By name, the file itself and everything that it imports, as they are sent. */
  private final Map<String, FileDescriptorResponse> files = new HashMap<>();

  /** The file of each service, method, message, field, enum and enum value, by full name. */
  private final Map<String, FileDescriptorResponse> symbols = new HashMap<>();

  private GrpcReflection(
      Collection<ServiceDescriptor> described, Collection<FileDescriptor> others) {
    described.forEach(this::add);
    others.forEach(this::add);
    add(ReflectionProto.getDescriptor().findServiceByName("ServerReflection"));
    add(alpha().findServiceByName("ServerReflection"));
  }

  /** Reflection over the given services, and over itself. */
  public static GrpcReflection of(Collection<ServiceDescriptor> services) {
    return new GrpcReflection(services, List.of());
  }

  /**
   * The same, over further files too: those whose messages travel inside others as {@code Any},
   * such as the details of an error, and which no service imports.
   */
  public static GrpcReflection of(
      Collection<ServiceDescriptor> services, Collection<FileDescriptor> files) {
    return new GrpcReflection(services, files);
  }

  /** Adds the service, in both versions, to a server. */
  public void mount(GrpcServer server) {
    for (String version : List.of(V1, V1_ALPHA)) {
      SmallCall.serve(
          server, ServiceName.create(version + SERVICE), "ServerReflectionInfo", this::converse);
    }
  }

  private void converse(SmallCall call) {
    call.read(ServerReflectionRequest.parser(), request -> call.write(answer(request)), call::end);
  }

  private ServerReflectionResponse answer(ServerReflectionRequest request) {
    var response =
        ServerReflectionResponse.newBuilder()
            .setValidHost(request.getHost())
            .setOriginalRequest(request);
    switch (request.getMessageRequestCase()) {
      case LIST_SERVICES -> response.setListServicesResponse(list());
      case FILE_BY_FILENAME ->
          found(
              response,
              files.get(request.getFileByFilename()),
              "file",
              request.getFileByFilename());
      case FILE_CONTAINING_SYMBOL ->
          found(
              response,
              symbols.get(request.getFileContainingSymbol()),
              "symbol",
              request.getFileContainingSymbol());
      case FILE_CONTAINING_EXTENSION ->
          found(
              response,
              null,
              "extension",
              "%s of %s"
                  .formatted(
                      request.getFileContainingExtension().getExtensionNumber(),
                      request.getFileContainingExtension().getContainingType()));
      case ALL_EXTENSION_NUMBERS_OF_TYPE ->
          found(response, null, "extension of", request.getAllExtensionNumbersOfType());
      case MESSAGEREQUEST_NOT_SET ->
          response.setErrorResponse(
              error(GrpcStatus.INVALID_ARGUMENT, "message_request is not set or not known here"));
    }
    return response.build();
  }

  private static void found(
      ServerReflectionResponse.Builder response,
      @Nullable FileDescriptorResponse files,
      String kind,
      String name) {
    if (files == null) {
      response.setErrorResponse(
          error(GrpcStatus.NOT_FOUND, "there is no " + kind + " '" + name + "'"));
    } else {
      response.setFileDescriptorResponse(files);
    }
  }

  private static ErrorResponse error(GrpcStatus status, String text) {
    return ErrorResponse.newBuilder().setErrorCode(status.code).setErrorMessage(text).build();
  }

  private ListServiceResponse list() {
    var list = ListServiceResponse.newBuilder();
    services.forEach(name -> list.addServiceBuilder().setName(name));
    return list.build();
  }

  private void add(ServiceDescriptor service) {
    services.add(service.getFullName());
    add(service.getFile());
  }

  private void add(FileDescriptor file) {
    if (files.containsKey(file.getFullName())) {
      return;
    }
    Set<FileDescriptor> all = new LinkedHashSet<>();
    collect(file, all);
    var response = FileDescriptorResponse.newBuilder();
    for (FileDescriptor each : all) {
      response.addFileDescriptorProto(bytes(each));
    }
    FileDescriptorResponse sent = response.build();
    files.put(file.getFullName(), sent);
    file.getMessageTypes().forEach(message -> addMessage(message, sent));
    file.getEnumTypes().forEach(each -> addEnum(each, sent));
    for (ServiceDescriptor service : file.getServices()) {
      symbols.put(service.getFullName(), sent);
      service.getMethods().forEach(method -> symbols.put(method.getFullName(), sent));
    }
    file.getDependencies().forEach(this::add);
  }

  private static ByteString bytes(FileDescriptor file) {
    return file.toProto().toByteString();
  }

  private static void collect(FileDescriptor file, Set<FileDescriptor> into) {
    if (into.add(file)) {
      file.getDependencies().forEach(imported -> collect(imported, into));
    }
  }

  private void addMessage(Descriptor message, FileDescriptorResponse file) {
    symbols.put(message.getFullName(), file);
    message.getFields().forEach(field -> symbols.put(field.getFullName(), file));
    message.getNestedTypes().forEach(nested -> addMessage(nested, file));
    message.getEnumTypes().forEach(nested -> addEnum(nested, file));
  }

  private void addEnum(EnumDescriptor type, FileDescriptorResponse file) {
    symbols.put(type.getFullName(), file);
    // In proto a value is a sibling of its type, though Java's descriptor names it as its child.
    String scope = type.getFullName().substring(0, type.getFullName().lastIndexOf('.') + 1);
    type.getValues().forEach(value -> symbols.put(scope + value.getName(), file));
  }

  /** The older version's file: ours under the other package. */
  private static FileDescriptor alpha() {
    FileDescriptorProto v1 = ReflectionProto.getDescriptor().toProto();
    List<DescriptorProto> messages = new ArrayList<>();
    for (DescriptorProto message : v1.getMessageTypeList()) {
      var renamed = message.toBuilder();
      for (FieldDescriptorProto.Builder field : renamed.getFieldBuilderList()) {
        if (field.hasTypeName()) {
          field.setTypeName(alpha(field.getTypeName()));
        }
      }
      messages.add(renamed.build());
    }
    ServiceDescriptorProto.Builder service = v1.getService(0).toBuilder();
    for (MethodDescriptorProto.Builder method : service.getMethodBuilderList()) {
      method
          .setInputType(alpha(method.getInputType()))
          .setOutputType(alpha(method.getOutputType()));
    }
    FileDescriptorProto file =
        v1.toBuilder()
            .setName("grpc/reflection/v1alpha/reflection.proto")
            .setPackage(V1_ALPHA)
            .clearMessageType()
            .addAllMessageType(messages)
            .setService(0, service)
            .build();
    try {
      return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException("the reflection service does not describe itself", e);
    }
  }

  private static String alpha(String typeName) {
    return typeName.replace("." + V1 + ".", "." + V1_ALPHA + ".");
  }
}
