// torch.save's format since 1.6: a zip archive with uncompressed members, a pickle that describes the tensors, and one
// member for each storage. The pickle is not executed: a small machine knows the opcodes that a dictionary of tensors
// needs, and refuses every other opcode and every other function by its name.

#include "core/backbone/limits.h"
#include "core/backbone/tensor_file.h"
#include "core/base/error.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

namespace diapason {
namespace {

constexpr std::size_t max_members = max_tensors + 64; ///< a storage each, and what describes them
constexpr std::size_t max_values = 1'000'000;         ///< of a kind, on the stack, in the memo
constexpr std::size_t max_held = 4'000'000;           ///< in all lists, tuples and dictionaries together
constexpr std::size_t max_pickle_bytes = 32u << 20;   ///< 256 a tensor
constexpr std::size_t max_tensor_dimensions = 16;

struct Member {
    std::uint64_t begin = 0, size = 0;
};

// Little-endian numbers at checked places.
class Bytes {
public:
    Bytes(const std::byte* start, std::uint64_t size, const std::string& name)
        : m_start(start),
          m_size(size),
          m_name(name) {}

    std::uint64_t size() const { return m_size; }
    template <class T>
    T at(std::uint64_t offset) const {
        if (offset > m_size || m_size - offset < sizeof(T)) throw cut_off();
        T value;
        std::memcpy(&value, m_start + offset, sizeof(T));
        return value;
    }
    std::string_view text(std::uint64_t offset, std::uint64_t length) const {
        if (offset > m_size || m_size - offset < length) throw cut_off();
        return {reinterpret_cast<const char*>(m_start) + offset, length};
    }
    Error cut_off() const { return input_error(m_name, "is damaged: it ends unexpectedly"); }

private:
    const std::byte* m_start;
    std::uint64_t m_size;
    const std::string& m_name;
};

// The members of the archive by name, from its central directory.
std::map<std::string, Member> read_directory(const Bytes& file, const std::string& name) {
    constexpr std::uint32_t end_mark = 0x06054b50, end64_mark = 0x06064b50, locator_mark = 0x07064b50,
                            entry_mark = 0x02014b50, local_mark = 0x04034b50;
    constexpr std::uint64_t end_bytes = 22;
    const auto damaged = [&](const char* what) {
        return input_error(name, std::string("is a damaged zip archive: ") + what);
    };
    if (file.size() < end_bytes) throw damaged("it is too short");
    std::uint64_t end = file.size() - end_bytes;
    const std::uint64_t first_place = end > 65535 ? end - 65535 : 0; // a comment may follow
    while (file.at<std::uint32_t>(end) != end_mark) {
        if (end-- == first_place) throw damaged("it has no central directory");
    }
    std::uint64_t count = file.at<std::uint16_t>(end + 10), place = file.at<std::uint32_t>(end + 16);
    if (end >= 20 && file.at<std::uint32_t>(end - 20) == locator_mark) {
        const auto end64 = file.at<std::uint64_t>(end - 12);
        if (file.at<std::uint32_t>(end64) != end64_mark)
            throw damaged("its 64-bit directory is not where it should be");
        count = file.at<std::uint64_t>(end64 + 32);
        place = file.at<std::uint64_t>(end64 + 48);
    }
    if (count > max_members) throw damaged("it claims too many members");
    std::map<std::string, Member> members;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (file.at<std::uint32_t>(place) != entry_mark) throw damaged("its central directory is cut off");
        const auto method = file.at<std::uint16_t>(place + 10);
        std::uint64_t packed = file.at<std::uint32_t>(place + 20), size = file.at<std::uint32_t>(place + 24);
        const auto name_bytes = file.at<std::uint16_t>(place + 28), extra_bytes = file.at<std::uint16_t>(place + 30),
                   comment_bytes = file.at<std::uint16_t>(place + 32);
        std::uint64_t local = file.at<std::uint32_t>(place + 42);
        const std::string member(file.text(place + 46, name_bytes));
        // Sizes that do not fit into 32 bits stand in an extra field.
        for (std::uint64_t at = place + 46 + name_bytes, last = at + extra_bytes; at + 4 <= last;) {
            const auto kind = file.at<std::uint16_t>(at), length = file.at<std::uint16_t>(at + 2);
            if (kind == 1) {
                std::uint64_t next = at + 4;
                for (std::uint64_t* value : {&size, &packed, &local}) {
                    if (*value != 0xffffffff) continue;
                    *value = file.at<std::uint64_t>(next);
                    next += 8;
                }
            }
            at += 4u + length;
        }
        place += 46u + name_bytes + extra_bytes + comment_bytes;
        if (method != 0 || packed != size)
            throw input_error(name, "the member " + member + " is compressed, which torch never does");
        if (file.at<std::uint32_t>(local) != local_mark) throw damaged("a member is not where it should be");
        const std::uint64_t begin =
            local + 30u + file.at<std::uint16_t>(local + 26) + file.at<std::uint16_t>(local + 28);
        if (begin > file.size() || file.size() - begin < size)
            throw damaged("a member ends beyond the end of the file");
        if (!members.emplace(member, Member{begin, size}).second)
            throw input_error(name, "the member " + member + " appears twice");
    }
    return members;
}

// What stands on the pickle machine's stack. Containers live in the machine, so that no nesting can exhaust the stack
// of this program.
struct Value {
    enum class Kind { none, boolean, integer, real, text, sequence, dictionary, function, storage, tensor, mark };
    Kind kind = Kind::none;
    std::int64_t number = 0; ///< value, or index into the machine's tables
};

struct Storage {
    std::string dtype;
    Member member;
    std::uint64_t elements = 0;
};

const std::map<std::string_view, std::string_view>& storage_types() {
    static const std::map<std::string_view, std::string_view> types = {
        {"FloatStorage", "F32"}, {"HalfStorage", "F16"}, {"BFloat16Storage", "BF16"}, {"DoubleStorage", "F64"},
        {"LongStorage", "I64"},  {"IntStorage", "I32"},  {"ShortStorage", "I16"},     {"CharStorage", "I8"},
        {"ByteStorage", "U8"},   {"BoolStorage", "BOOL"}};
    return types;
}

class Machine {
public:
    Machine(const Bytes& file, const Member& pickle, const std::string& prefix,
            const std::map<std::string, Member>& members, const std::string& name)
        : m_file(file),
          m_at(pickle.begin),
          m_end(pickle.begin + pickle.size),
          m_slots(std::min<std::uint64_t>(max_values, pickle.size)),
          m_prefix(prefix),
          m_members(members),
          m_name(name) {}

    TensorTable run() {
        while (step()) {
        }
        const Value top = pop();
        if (top.kind != Value::Kind::dictionary)
            throw refusal("it contains something other than a dictionary of tensors");
        TensorTable table;
        for (const auto& [key, value] : m_dictionaries[index(top)]) {
            if (key.kind != Value::Kind::text || value.kind != Value::Kind::tensor) continue; // counters, settings
            if (table.entries.size() == max_tensors) throw refusal("it contains too many tensors");
            TensorEntry entry = m_tensors[index(value)];
            entry.name = m_texts[index(key)];
            table.entries.push_back(std::move(entry));
        }
        std::sort(table.entries.begin(), table.entries.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        const auto twice = std::adjacent_find(table.entries.begin(), table.entries.end(),
                                              [](const auto& a, const auto& b) { return a.name == b.name; });
        if (twice != table.entries.end()) throw refusal("the tensor " + twice->name + " appears twice");
        return table;
    }

private:
    using Kind = Value::Kind;

    Error refusal(const std::string& what) const {
        return input_error(m_name,
                           "cannot be read: " + what + " (pickles are never executed; convert it to safetensors)");
    }
    static std::size_t index(const Value& value) { return static_cast<std::size_t>(value.number); }

    template <class T>
    T take() {
        if (m_end - m_at < sizeof(T)) throw refusal("its pickle is cut off");
        const T value = m_file.at<T>(m_at);
        m_at += sizeof(T);
        return value;
    }
    std::string_view take_text(std::uint64_t length) {
        if (m_end - m_at < length) throw refusal("its pickle is cut off");
        m_at += length;
        return m_file.text(m_at - length, length);
    }
    std::string_view take_line() {
        const std::string_view rest = m_file.text(m_at, m_end - m_at);
        const auto end = rest.find('\n');
        if (end == std::string_view::npos) throw refusal("its pickle is cut off");
        m_at += end + 1;
        return rest.substr(0, end);
    }

    void push(Value value) {
        if (m_stack.size() >= max_values) throw refusal("it is nested too deeply");
        m_stack.push_back(value);
    }
    void push(Kind kind, std::size_t number) { push({kind, static_cast<std::int64_t>(number)}); }
    template <class Table, class Item>
    void push_new(Kind kind, Table& table, Item item) {
        if (table.size() >= max_values) throw refusal("it contains too much");
        table.push_back(std::move(item));
        push(kind, table.size() - 1);
    }
    Value pop() {
        if (m_stack.empty()) throw refusal("its pickle takes more values than it has stored");
        Value value = m_stack.back();
        m_stack.pop_back();
        return value;
    }
    Value& top(Kind kind) {
        if (m_stack.empty() || m_stack.back().kind != kind) throw refusal("its pickle is inconsistent");
        return m_stack.back();
    }
    std::vector<Value> pop_to_mark() {
        const auto mark =
            std::find_if(m_stack.rbegin(), m_stack.rend(), [](const Value& v) { return v.kind == Kind::mark; });
        if (mark == m_stack.rend()) throw refusal("its pickle takes more values than it has stored");
        std::vector<Value> values(mark.base(), m_stack.end());
        m_stack.erase(mark.base() - 1, m_stack.end());
        return values;
    }
    // A few bytes can put a remembered value into a list again and again.
    void hold(std::size_t count) {
        m_held += count;
        if (m_held > max_held) throw refusal("it contains too much");
    }
    void sequence_of(std::size_t count) {
        hold(count);
        std::vector<Value> items(count);
        for (std::size_t i = count; i > 0; --i)
            items[i - 1] = pop();
        push_new(Kind::sequence, m_sequences, std::move(items));
    }
    void remember(std::uint64_t slot) {
        if (m_stack.empty() || slot >= m_slots) throw refusal("its pickle is inconsistent");
        if (slot >= m_memo.size()) m_memo.resize(slot + 1, {Kind::mark, 0});
        m_memo[slot] = m_stack.back();
    }
    void recall(std::uint64_t slot) {
        if (slot >= m_memo.size() || m_memo[slot].kind == Kind::mark) throw refusal("its pickle is inconsistent");
        push(m_memo[slot]);
    }
    void put(const std::vector<Value>& pairs) {
        if (pairs.size() % 2 != 0) throw refusal("its pickle is inconsistent");
        hold(pairs.size());
        auto& dictionary = m_dictionaries[index(top(Kind::dictionary))];
        for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
            dictionary.emplace_back(pairs[i], pairs[i + 1]);
    }

    bool step() {
        switch (const auto code = take<std::uint8_t>()) {
        case 0x80: // PROTO
            take<std::uint8_t>();
            return true;
        case 0x95: // FRAME
            take<std::uint64_t>();
            return true;
        case '.':
            return false;
        case '(':
            push({Kind::mark, 0});
            return true;
        case 'N':
            push({Kind::none, 0});
            return true;
        case 0x88:
        case 0x89:
            push({Kind::boolean, code == 0x88});
            return true;
        case 'K':
            push({Kind::integer, take<std::uint8_t>()});
            return true;
        case 'M':
            push({Kind::integer, take<std::uint16_t>()});
            return true;
        case 'J':
            push({Kind::integer, take<std::int32_t>()});
            return true;
        case 0x8a: { // LONG1
            const std::string_view bytes = take_text(take<std::uint8_t>());
            if (bytes.size() > 8) throw refusal("a number in it is too large");
            std::uint64_t number = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
            for (std::size_t i = bytes.size(); i > 0; --i)
                number = (number << 8) | static_cast<std::uint8_t>(bytes[i - 1]);
            push({Kind::integer, static_cast<std::int64_t>(number)});
            return true;
        }
        case 'G':
            take<std::uint64_t>();
            push({Kind::real, 0});
            return true;
        case 'X':
            push_new(Kind::text, m_texts, std::string(take_text(take<std::uint32_t>())));
            return true;
        case 0x8c: // SHORT_BINUNICODE
        case 'U':  // SHORT_BINSTRING
            push_new(Kind::text, m_texts, std::string(take_text(take<std::uint8_t>())));
            return true;
        case '}':
            push_new(Kind::dictionary, m_dictionaries, std::vector<std::pair<Value, Value>>());
            return true;
        case ']':
        case ')':
            push_new(Kind::sequence, m_sequences, std::vector<Value>());
            return true;
        case 't':
            push_new(Kind::sequence, m_sequences, pop_to_mark());
            hold(m_sequences.back().size());
            return true;
        case 0x85:
        case 0x86:
        case 0x87:
            sequence_of(code - 0x84u);
            return true;
        case 'a':
        case 'e': {
            const std::vector<Value> items = code == 'a' ? std::vector{pop()} : pop_to_mark();
            hold(items.size());
            auto& list = m_sequences[index(top(Kind::sequence))];
            list.insert(list.end(), items.begin(), items.end());
            return true;
        }
        case 's': {
            const Value value = pop(), key = pop();
            put({key, value});
            return true;
        }
        case 'u':
            put(pop_to_mark());
            return true;
        case 'q':
            remember(take<std::uint8_t>());
            return true;
        case 'r':
            remember(take<std::uint32_t>());
            return true;
        case 0x94: // MEMOIZE
            remember(m_memo.size());
            return true;
        case 'h':
            recall(take<std::uint8_t>());
            return true;
        case 'j':
            recall(take<std::uint32_t>());
            return true;
        case 'c': {
            const std::string module(take_line());
            function(module + "." + std::string(take_line()));
            return true;
        }
        case 0x93: { // STACK_GLOBAL
            const std::string last = text(pop());
            const std::string module = text(pop());
            function(module + "." + last);
            return true;
        }
        case 'Q':
            push_storage(items(pop()));
            return true;
        case 'R': {
            const Value arguments = pop(), callee = pop();
            call(callee, items(arguments));
            return true;
        }
        case 'b': // the attributes of a dictionary (a version number) are of no use here
            pop();
            top(Kind::dictionary);
            return true;
        default:
            throw refusal("the pickle opcode " + std::to_string(code) + " is not one that tensors need");
        }
    }

    const std::string& text(const Value& value) {
        if (value.kind != Kind::text) throw refusal("its pickle is inconsistent");
        return m_texts[index(value)];
    }
    const std::vector<Value>& items(const Value& value) {
        if (value.kind != Kind::sequence) throw refusal("its pickle is inconsistent");
        return m_sequences[index(value)];
    }
    std::int64_t integer(const Value& value) const {
        if (value.kind != Kind::integer || value.number < 0) throw refusal("a size in it is not a whole number from 0");
        return value.number;
    }

    // Only these may be named; nothing is ever imported.
    void function(const std::string& name) {
        const auto dot = name.rfind('.');
        const bool storage = name.substr(0, dot) == "torch" && storage_types().count(name.substr(dot + 1)) != 0;
        if (!storage && name != "collections.OrderedDict" && name != "torch._utils._rebuild_tensor_v2" &&
            name != "torch._utils._rebuild_parameter")
            throw refusal("it calls " + name);
        push_new(Kind::function, m_texts, name);
    }

    void call(const Value& callee, const std::vector<Value>& arguments) {
        if (callee.kind != Kind::function) throw refusal("its pickle is inconsistent");
        const std::string& name = m_texts[index(callee)];
        if (name == "collections.OrderedDict" && arguments.empty())
            push_new(Kind::dictionary, m_dictionaries, std::vector<std::pair<Value, Value>>());
        else if (name == "torch._utils._rebuild_tensor_v2" && arguments.size() >= 4)
            push_tensor(arguments);
        else if (name == "torch._utils._rebuild_parameter" && !arguments.empty() && arguments[0].kind == Kind::tensor)
            push(arguments[0]);
        else
            throw refusal("it calls " + name + " in a way that tensors do not need");
    }

    // ("storage", type, key, device, elements)
    void push_storage(const std::vector<Value>& id) {
        if (id.size() != 5 || text(id[0]) != "storage" || id[1].kind != Kind::function)
            throw refusal("its pickle is inconsistent");
        const std::string& type = m_texts[index(id[1])];
        const auto dtype = storage_types().find(std::string_view(type).substr(type.rfind('.') + 1));
        const auto member = m_members.find(m_prefix + "data/" + text(id[2]));
        if (dtype == storage_types().end()) throw refusal("a storage has the unsupported type " + type);
        if (member == m_members.end()) throw refusal("the storage " + text(id[2]) + " is missing");
        const Storage storage{std::string(dtype->second), member->second, static_cast<std::uint64_t>(integer(id[4]))};
        if (storage.elements > storage.member.size / bytes_of_dtype(storage.dtype))
            throw refusal("the storage " + text(id[2]) + " is shorter than it claims");
        push_new(Kind::storage, m_storages, storage);
    }

    // (storage, offset, sizes, strides, …)
    void push_tensor(const std::vector<Value>& arguments) {
        if (arguments[0].kind != Kind::storage) throw refusal("its pickle is inconsistent");
        if (m_tensors.size() == max_tensors) throw refusal("it contains too many tensors");
        const Storage& storage = m_storages[index(arguments[0])];
        const auto offset = static_cast<std::uint64_t>(integer(arguments[1]));
        const std::vector<Value>& sizes = items(arguments[2]);
        const std::vector<Value>& steps = items(arguments[3]);
        if (sizes.size() != steps.size() || sizes.size() > max_tensor_dimensions)
            throw refusal("a tensor's shape is invalid");
        TensorEntry entry;
        entry.dtype = storage.dtype;
        std::uint64_t last = 0, elements = 1; // last element that the tensor touches, counted from its offset
        bool empty = false;
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const auto size = static_cast<std::uint64_t>(integer(sizes[i]));
            const auto step = static_cast<std::uint64_t>(integer(steps[i]));
            entry.shape.push_back(static_cast<std::int64_t>(size));
            entry.strides.push_back(static_cast<std::int64_t>(step));
            empty = empty || size == 0;
            std::uint64_t reach = 0;
            if (__builtin_mul_overflow(elements, size, &elements) ||
                (size > 0 &&
                 (__builtin_mul_overflow(size - 1, step, &reach) || __builtin_add_overflow(last, reach, &last))))
                throw refusal("a tensor is larger than any file");
        }
        // A tensor that repeats its elements (a step of 0) may be large without any data: that is no weight.
        if (!empty && (offset > storage.elements || last >= storage.elements - offset || elements > storage.elements))
            throw refusal("a tensor reaches beyond the end of its storage");
        const std::uint64_t width = bytes_of_dtype(entry.dtype);
        entry.begin = storage.member.begin + (empty ? 0 : offset * width);
        entry.end = entry.begin + (empty ? 0 : (last + 1) * width);
        std::int64_t expected = 1;
        bool in_order = true;
        for (std::size_t i = entry.shape.size(); i > 0; --i) {
            in_order = in_order && (entry.shape[i - 1] == 1 || entry.strides[i - 1] == expected);
            expected *= std::max<std::int64_t>(1, entry.shape[i - 1]);
        }
        if (in_order || empty) entry.strides.clear();
        push_new(Kind::tensor, m_tensors, std::move(entry));
    }

    const Bytes& m_file;
    std::uint64_t m_at, m_end;
    std::uint64_t m_slots; ///< of the memo: they are numbered as they are filled, by a byte of the pickle at least
    std::string m_prefix;
    const std::map<std::string, Member>& m_members;
    const std::string& m_name;
    std::vector<Value> m_stack;
    std::vector<Value> m_memo; ///< a mark where nothing is remembered
    std::size_t m_held = 0;
    std::vector<std::string> m_texts;
    std::vector<std::vector<Value>> m_sequences;
    std::vector<std::vector<std::pair<Value, Value>>> m_dictionaries;
    std::vector<Storage> m_storages;
    std::vector<TensorEntry> m_tensors;
};

} // namespace

bool is_torch_file(const FileMapping& file) {
    return file.size() >= 4 && std::memcmp(file.start(), "PK\3\4", 4) == 0;
}

TensorTable read_torch_table(const FileMapping& mapping, const std::string& name) {
    const Bytes file(mapping.start(), mapping.size(), name);
    const std::map<std::string, Member> members = read_directory(file, name);
    const auto pickle = std::find_if(members.begin(), members.end(), [](const auto& member) {
        return member.first == "data.pkl" || member.first.ends_with("/data.pkl");
    });
    if (pickle == members.end()) throw input_error(name, "is a zip archive, but not a torch file: data.pkl is missing");
    const std::string prefix = pickle->first.substr(0, pickle->first.size() - std::string("data.pkl").size());
    if (pickle->second.size > max_pickle_bytes)
        throw input_error(name, "its data.pkl has " + std::to_string(pickle->second.size) +
                                    " bytes, more than the limit of " + std::to_string(max_pickle_bytes));
    if (const auto order = members.find(prefix + "byteorder"); order != members.end()) {
        if (file.text(order->second.begin, order->second.size) != "little")
            throw input_error(name, "was written on a big-endian machine");
    }
    return Machine(file, pickle->second, prefix, members, name).run();
}

} // namespace diapason
