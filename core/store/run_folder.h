// The files of a run's folder, for those who never load the engine.
#pragma once

#include <array>
#include <filesystem>
#include <string>

namespace diapason {

inline constexpr const char* adapter_file = "adapter.safetensors";
/// Generations of a checkpoint, newest first. One is written under the first name; when it has been read back, the
/// others move down.
inline constexpr std::array checkpoint_files = {"checkpoint.next.safetensors", "checkpoint.safetensors",
                                                "checkpoint.previous.safetensors"};

/// What SQLite puts beside a database: its log, what readers share of it, and the journal of another mode.
inline constexpr std::array database_companions = {"-wal", "-shm", "-journal"};
/// Where the file is that a link names: what belongs to a database lies beside the database.
std::filesystem::path database_itself(const std::filesystem::path& file);
/// 32 hexadecimal digits, which name the folder.
bool is_uuid(const std::string& text);
bool has_checkpoint(const std::filesystem::path& folder);
void remove_checkpoints(const std::filesystem::path& folder); ///< all generations

} // namespace diapason
