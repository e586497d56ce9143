// Formats whose files are JSON records of known keys. Such a format is a RecordForm and a function.
#pragma once

#include "core/data/json_records.h"
#include "core/data/readers/reader.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace diapason {

/// Adds what a record says. @throws Error(input) saying what is wrong with it: "has no \"context\""
using AddRecord = std::function<void(const Json& record, std::size_t line, DataRows& rows)>;

struct RecordForm {
    const char* name = "";
    const char* title = "";
    const char* kind = ""; ///< of task
    /// Where the records lie in a document; {} = one in each line, or the entries of a list.
    RecordPath records;
    /// What every record has, and shows that it is one: "passage.questions".
    std::vector<std::string> keys;
    /// Of a file that is read now: what stands in other files beside it is looked for once.
    AddRecord (*reading)(const ReadRequest& request) = nullptr;
    /// Key of an object in front of the records that is none; empty = there is none.
    std::string header = {};
    std::vector<std::string> metrics = {}; ///< DataReader::metrics
    std::vector<OptionDescriptor> (*options)() = nullptr;
};

class RecordReader : public DataReader {
public:
    explicit RecordReader(RecordForm form) : m_form(std::move(form)) {}
    const char* name() const override { return m_form.name; }
    const char* title() const override { return m_form.title; }
    std::string kind() const override { return m_form.kind; }
    std::vector<std::string> metrics() const override { return m_form.metrics; }
    std::vector<OptionDescriptor> options() const override {
        return m_form.options == nullptr ? std::vector<OptionDescriptor>() : m_form.options();
    }
    /// By the first record; where that is longer than what is seen of the file, by its keys.
    std::string recognised(const FileBeginning& beginning) const override;
    void read(const ReadRequest& request, DataRows& rows) const override;

private:
    bool fits(const Json& record) const;
    bool is_header(const Json& record) const;
    RecordForm m_form;
};

// What a record must have, by a key or a path of them. All throw Error(input): has no "passage.text".

const Json& needed_list(const Json& record, const std::string& key);
std::string needed_text(const Json& record, const std::string& key);
std::string optional_text(const Json& record, const std::string& key); ///< empty when absent or null
/// A text, a number or a truth value, as a text: what classes and ids are.
std::string needed_value(const Json& record, const std::string& key);
std::int64_t needed_number(const Json& record, const std::string& key); ///< a whole one that is not negative

/// The entries of a list one by one. What is wrong with one is a problem of the line, behind its place: "qas[1] has no
/// …"
void for_each_part(const Json& record, const std::string& list, std::size_t line, DataRows& rows,
                   const std::function<void(const Json& part, std::size_t index)>& use);

} // namespace diapason
