package io.trawl.workers.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A model repository in a folder of its own, put together from the models of the resources. */
final class TestRepository {
  private final Path root;

  TestRepository(Path root) {
    this.root = root;
  }

  Path root() {
    return root;
  }

  /** A model folder: configuration and the file of version 1 from the resource of that name. */
  TestRepository model(String name, String config) {
    return config(name, config).version(name, name, 1);
  }

  TestRepository config(String name, String config) {
    write(root.resolve(name).resolve("config.pbtxt"), config);
    return this;
  }

  /** Copies a model file of the resources as version 1 and up of another name. */
  TestRepository version(String name, String resource, int version) {
    return file(name, version, "model.onnx", resource, Math.min(version, 2));
  }

  TestRepository file(String name, int version, String fileName, String resource, int from) {
    int existing = getClass().getResource(path(resource, from)) == null ? 1 : from;
    try (InputStream in = getClass().getResourceAsStream(path(resource, existing))) {
      Path file = root.resolve(name).resolve(Integer.toString(version)).resolve(fileName);
      Files.createDirectories(file.getParent());
      Files.write(file, Objects.requireNonNull(in, resource).readAllBytes());
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String path(String resource, int version) {
    return "/models/" + resource + "/" + version + "/model.onnx";
  }

  TestRepository text(String relative, String content) {
    write(root.resolve(relative), content);
    return this;
  }

  private static void write(Path file, String content) {
    try {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
