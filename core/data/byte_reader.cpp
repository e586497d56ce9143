#include "core/data/byte_reader.h"

#include "core/base/awaited_work.h"
#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <string>
#include <vector>
#include <zlib.h>
#include <zstd.h>

namespace diapason {
namespace fs = std::filesystem;

class ByteReader::Source {
public:
    virtual ~Source() = default;
    /// @return 0 at the end only
    virtual std::size_t read(char* to, std::size_t most) = 0;
};

namespace {

// Opening a FIFO would wait for its writer, and a device may have no end.
class Plain : public ByteReader::Source {
public:
    explicit Plain(const fs::path& file) : m_file(file) {
        std::error_code error;
        const auto status = fs::status(file, error);
        if (!fs::exists(status)) throw input_error(file.string(), "there is no such file");
        if (!fs::is_regular_file(status)) throw input_error(file.string(), "is not a regular file");
        m_in.open(file, std::ios::binary);
        if (!m_in) throw input_error(file.string(), "cannot be read");
        const auto bytes = fs::file_size(file, error);
        work_begins("Reading " + file.filename().string(), error ? 0 : bytes);
    }
    std::size_t read(char* to, std::size_t most) override {
        m_in.read(to, static_cast<std::streamsize>(most));
        if (m_in.bad()) throw input_error(m_file.string(), "cannot be read");
        const auto count = static_cast<std::size_t>(m_in.gcount());
        work_advances(count);
        return count;
    }
    void back_to_the_beginning() {
        m_in.clear();
        m_in.seekg(0);
    }
    const fs::path& file() const { return m_file; }

private:
    fs::path m_file;
    std::ifstream m_in;
};

[[noreturn]] void damaged(const fs::path& file, const char* format) {
    throw input_error(file.string(), std::string("is damaged, or not complete: it cannot be unpacked as ") + format);
}

constexpr std::size_t block_bytes = 1u << 16;

// Several members may stand one behind the other.
class Gzip : public ByteReader::Source {
public:
    explicit Gzip(std::unique_ptr<Plain> from) : m_from(std::move(from)) {
        if (inflateInit2(&m_state, 15 + 16) != Z_OK) throw Error(ErrorKind::memory, "no memory to unpack a file");
    }
    ~Gzip() override { inflateEnd(&m_state); }
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    std::size_t read(char* to, std::size_t most) override {
        m_state.next_out = reinterpret_cast<Bytef*>(to);
        m_state.avail_out = static_cast<uInt>(most);
        while (m_state.avail_out > 0) {
            if (m_state.avail_in == 0) {
                m_state.next_in = reinterpret_cast<Bytef*>(m_block.data());
                m_state.avail_in = static_cast<uInt>(m_from->read(m_block.data(), m_block.size()));
                if (m_state.avail_in == 0) {
                    if (m_inside) damaged(m_from->file(), "gzip");
                    break;
                }
            }
            if (!m_inside) inflateReset(&m_state);
            const int result = inflate(&m_state, Z_NO_FLUSH);
            m_inside = result != Z_STREAM_END;
            if (result != Z_OK && result != Z_STREAM_END) damaged(m_from->file(), "gzip");
        }
        return most - m_state.avail_out;
    }

private:
    std::unique_ptr<Plain> m_from;
    z_stream m_state{};
    std::array<char, block_bytes> m_block;
    bool m_inside = true; ///< of a member
};

class Zstandard : public ByteReader::Source {
public:
    explicit Zstandard(std::unique_ptr<Plain> from)
        : m_from(std::move(from)),
          m_state(ZSTD_createDStream(), ZSTD_freeDStream),
          m_block(block_bytes) {
        if (m_state == nullptr) throw Error(ErrorKind::memory, "no memory to unpack a file");
        ZSTD_DCtx_setParameter(m_state.get(), ZSTD_d_windowLogMax, 27); // 128 MiB, as zstd itself allows
    }
    std::size_t read(char* to, std::size_t most) override {
        ZSTD_outBuffer out{to, most, 0};
        while (out.pos < out.size) {
            if (m_in.pos == m_in.size) {
                m_in = {m_block.data(), m_from->read(m_block.data(), m_block.size()), 0};
                if (m_in.size == 0 && m_wanted == 0) break;
            }
            const std::size_t before = out.pos;
            const bool dry = m_in.size == 0;
            m_wanted = ZSTD_decompressStream(m_state.get(), &out, &m_in);
            if (ZSTD_isError(m_wanted) != 0 || (dry && out.pos == before)) damaged(m_from->file(), "Zstandard");
        }
        return out.pos;
    }

private:
    std::unique_ptr<Plain> m_from;
    std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> m_state;
    std::vector<char> m_block;
    ZSTD_inBuffer m_in{nullptr, 0, 0};
    std::size_t m_wanted = 0; ///< 0 = between two frames
};

} // namespace

ByteReader::ByteReader(const fs::path& file) {
    auto plain = std::make_unique<Plain>(file);
    std::array<char, 4> first{};
    const std::size_t count = plain->read(first.data(), first.size());
    plain->back_to_the_beginning();
    const std::string_view begin(first.data(), count);
    if (begin.starts_with("\x1f\x8b"))
        m_source = std::make_unique<Gzip>(std::move(plain));
    else if (begin == std::string_view("\x28\xb5\x2f\xfd", 4))
        m_source = std::make_unique<Zstandard>(std::move(plain));
    else
        m_source = std::move(plain);
}

ByteReader::~ByteReader() = default;

std::size_t ByteReader::read(char* to, std::size_t most) {
    std::size_t got = 0;
    while (got < most) {
        const std::size_t more = m_source->read(to + got, most - got);
        if (more == 0) break;
        got += more;
    }
    return got;
}

std::string name_of_data(const fs::path& file) {
    fs::path name = file.filename();
    if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
    const std::string stem = name.stem().string();
    static const std::regex first_part("-00000-of-[0-9]{5}$");
    return std::regex_replace(stem, first_part, "");
}

} // namespace diapason
