// The bytes of a data file, unpacked where it is packed (gzip, Zstandard).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

namespace diapason {

/// Memory is bounded whatever the file. What a file is packed with its first bytes say, not its name.
class ByteReader {
public:
    /// @throws Error(input) when it is not a regular file or cannot be read
    explicit ByteReader(const std::filesystem::path& file);
    ~ByteReader();
    ByteReader(const ByteReader&) = delete;
    ByteReader& operator=(const ByteReader&) = delete;

    /// @return how many bytes; fewer than `most` at the end only. @throws Error(input) when it cannot be read, or is
    /// damaged
    std::size_t read(char* to, std::size_t most);

    class Source; ///< what gives bytes

private:
    std::unique_ptr<Source> m_source;
};

/// "reviews" of "reviews.csv.gz" and of "reviews-00000-of-00003.parquet": without the ending of a packed file, its own,
/// and the number of the first part.
std::string name_of_data(const std::filesystem::path& file);

} // namespace diapason
