#include "core/data/xml_records.h"

#include "core/base/error.h"
#include "core/data/json_records.h"
#include "core/data/lines.h"

#include <exception>
#include <expat.h>
#include <memory>
#include <utility>

namespace diapason {
namespace {

constexpr std::size_t max_depth = 64;

// What expat calls. Its callbacks are C: no exception may pass through them, so that a fault stops the parser and is
// thrown when it has returned.
class Reading {
public:
    Reading(std::string file, std::string root, std::string name, std::function<void(const XmlElement&)> use)
        : m_file(std::move(file)),
          m_root(std::move(root)),
          m_name(std::move(name)),
          m_use(std::move(use)),
          m_parser(XML_ParserCreate(nullptr), &XML_ParserFree) {
        if (m_parser == nullptr) throw Error(ErrorKind::memory, "no memory for reading XML");
        XML_SetUserData(m_parser.get(), this);
        XML_SetElementHandler(m_parser.get(), &begin, &end);
        XML_SetCharacterDataHandler(m_parser.get(), &characters);
        XML_SetEntityDeclHandler(m_parser.get(), &entity);
    }

    void parse(const char* begin, const char* end, bool last) {
        const auto status = XML_Parse(m_parser.get(), begin, static_cast<int>(end - begin), last ? 1 : 0);
        if (m_fault) std::rethrow_exception(m_fault);
        if (status != XML_STATUS_OK)
            throw fault(std::string("is not valid XML: ") + XML_ErrorString(XML_GetErrorCode(m_parser.get())));
    }
    bool right_root() const { return m_begun == m_root; }

    /// Name of the outermost element.
    const std::string& begun() const { return m_begun; }

private:
    static Reading& of(void* data) { return *static_cast<Reading*>(data); }
    static void XMLCALL begin(void* data, const XML_Char* name, const XML_Char** attributes) {
        of(data).guarded([&](Reading& reading) { reading.open(name, attributes); });
    }
    static void XMLCALL end(void* data, const XML_Char* /*name*/) {
        of(data).guarded([](Reading& reading) { reading.close(); });
    }
    static void XMLCALL characters(void* data, const XML_Char* text, int length) {
        of(data).guarded([&](Reading& reading) { reading.add_text({text, static_cast<std::size_t>(length)}); });
    }
    static void XMLCALL entity(void* data, const XML_Char* name, int /*parameter*/, const XML_Char* /*value*/,
                               int /*length*/, const XML_Char* /*base*/, const XML_Char* /*system*/,
                               const XML_Char* /*public_id*/, const XML_Char* /*notation*/) {
        of(data).guarded([&](Reading& reading) {
            throw reading.fault(std::string("defines the entity \"") + name + "\", which is not supported");
        });
    }

    template <typename Work>
    void guarded(Work&& work) {
        if (m_fault) return;
        try {
            work(*this);
        } catch (...) {
            m_fault = std::current_exception();
            XML_StopParser(m_parser.get(), XML_FALSE);
        }
    }

    std::size_t line() const { return XML_GetCurrentLineNumber(m_parser.get()); }
    Error fault(const std::string& what) const {
        return input_error(m_file, what + " (line " + std::to_string(line()) + ")");
    }
    void count(std::size_t bytes) {
        m_bytes += bytes;
        if (m_bytes > max_record_bytes) throw fault("has an element longer than 16 MiB");
    }

    void open(const XML_Char* name, const XML_Char** attributes) {
        if (++m_depth > max_depth) throw fault("is nested more than " + std::to_string(max_depth) + " levels deep");
        if (m_depth == 1) m_begun = name;
        if (!right_root() || (m_open.empty() && m_name != name)) return;
        XmlElement& element = m_open.emplace_back();
        element.name = name;
        element.line = line();
        count(element.name.size() + sizeof(XmlElement));
        for (; *attributes != nullptr; attributes += 2) {
            element.attributes[attributes[0]] = attributes[1];
            count(element.attributes[attributes[0]].size());
        }
    }
    void close() {
        --m_depth;
        if (m_open.empty()) return;
        XmlElement element = std::move(m_open.back());
        m_open.pop_back();
        if (!m_open.empty()) {
            m_open.back().children.push_back(std::move(element));
            return;
        }
        m_bytes = 0;
        m_use(element);
    }
    void add_text(std::string_view text) {
        if (m_open.empty()) return;
        count(text.size());
        m_open.back().text += text;
    }

    std::string m_file;
    std::string m_root;
    std::string m_name;
    std::function<void(const XmlElement&)> m_use;
    std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> m_parser;
    std::vector<XmlElement> m_open; ///< the one that is read, and those inside it
    std::string m_begun;
    std::size_t m_depth = 0, m_bytes = 0;
    std::exception_ptr m_fault;
};

} // namespace

bool for_each_element(const std::filesystem::path& file, const std::string& root, const std::string& name,
                      const std::function<void(const XmlElement&)>& use) {
    Reading reading(file.string(), root, name, use);
    for_each_block(file, [&](const char* begin, const char* end) { reading.parse(begin, end, false); });
    const char nothing = 0;
    reading.parse(&nothing, &nothing, true);
    return reading.right_root();
}

std::string outermost_element(std::string_view beginning) {
    const auto first = beginning.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || beginning[first] != '<') return {};
    const std::function<void(const XmlElement&)> nothing = [](const XmlElement&) {};
    Reading reading({}, {}, {}, nothing);
    try {
        reading.parse(beginning.data(), beginning.data() + beginning.size(), false);
    } catch (const Error&) {
    }
    return reading.begun();
}

} // namespace diapason
