package io.trawl.workers.server.repository;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelMemoryTest {
  @TempDir private Path folder = Path.of("");

  @Test
  void instancesMustFitTheMachine() throws IOException, ConfigException {
    Files.write(folder.resolve("model.onnx"), new byte[10]);
    Files.write(folder.resolve("weights.bin"), new byte[90]);
    ModelLoader.checkMemory(folder, 4, 400);
    assertEquals(
        "5 instances of the 100 bytes in " + folder + " do not fit the 400 bytes of this machine",
        assertThrows(ConfigException.class, () -> ModelLoader.checkMemory(folder, 5, 400))
            .getMessage());
  }
}
