// A GGUF file as a Hugging Face folder: config.json, model.safetensors in float32, tokenizer.json and
// tokenizer_config.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace diapason {

/// Told the bytes of weights written so far and in all; false stops the conversion.
using ImportProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// Writes these files into `folder`, which is there, a piece of a tensor at a time (a few MB of memory beside the
/// vocabulary); the caller removes it when anything is thrown. `progress` may be empty; it is called on this thread.
/// @return what a reader should know of how the file was read, a line each; mostly nothing
/// @throws Error(input) for the file, Error(storage), Error(cancelled)
std::vector<std::string> convert_gguf(const std::filesystem::path& file, const std::filesystem::path& folder,
                                      const ImportProgress& progress);

} // namespace diapason
