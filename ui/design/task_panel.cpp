#include "ui/design/task_panel.h"

#include "core/base/error.h"
#include "core/data/own_tasks.h"
#include "ui/design/data_dialog.h"
#include "ui/design/task_dialog.h"
#include "ui/frame/file_dialog.h"
#include "ui/frame/question.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"

#include <QStringList>

namespace diapason::ui {
namespace {

QStringList taskNames(PlanSources& sources) {
    QStringList names;
    for (const std::string& name : sources.task_names())
        names.append(qs(name));
    return names;
}

bool isOwn(const std::string& id) {
    try {
        std::error_code unreadable;
        return std::filesystem::exists(own_task_file(id), unreadable);
    } catch (const Error&) { // a path, for example
        return false;
    }
}

// "reviews copy", "reviews copy 2": the first that is free.
std::string freeName(const std::string& id) {
    std::string name = id + " copy";
    for (int i = 2; isOwn(name); ++i)
        name = id + " copy " + std::to_string(i);
    return name;
}

} // namespace

TaskPanel::TaskPanel(Workspace& workspace, QWidget* parent)
    : ChoicePanel(tr("Tasks"), tr("The data, how an example becomes model input, and the metrics."),
                  taskNames(workspace.sources()), parent),
      m_workspace(workspace) {
    auto* add = addButton(tr("&Add data…"), QStringLiteral("addData"));
    add->setToolTip(
        tr("A file or a folder of your own, in any format of docs/TASKS.md; it may be dropped on the window, too"));
    m_edit = addButton(tr("&Edit…"), QStringLiteral("editTask"));
    m_edit->setToolTip(tr("Templates, label words, metrics and splits of a task of your own, with its tokens"));
    m_duplicate = addButton(tr("D&uplicate"), QStringLiteral("duplicateTask"));
    m_duplicate->setToolTip(tr("A task of your own that begins as a copy of this one"));
    m_remove = addButton(tr("&Remove…"), QStringLiteral("removeTask"));
    m_remove->setToolTip(tr("Forget a task of your own; its data stays where it is"));
    connect(add, &QPushButton::clicked, this,
            [this] { addData(file_dialog::open(this, tr("Add data"), tr("All files (*)"))); });
    connect(m_edit, &QPushButton::clicked, this, &TaskPanel::edit);
    connect(m_duplicate, &QPushButton::clicked, this, &TaskPanel::duplicate);
    connect(m_remove, &QPushButton::clicked, this, &TaskPanel::remove);
    connect(this, &ChoicePanel::chosen, this, &TaskPanel::take);
}

void TaskPanel::reloadNames() {
    setNames(taskNames(m_workspace.sources()));
}

QString TaskPanel::showTask() {
    const Found<Task>& found = m_workspace.plan()->task();
    const std::string& name = found.name;
    const bool own = isOwn(name);
    m_edit->setEnabled(own);
    m_remove->setEnabled(own);
    m_duplicate->setEnabled(found.value != nullptr);
    try {
        const Task& task = found.get();
        QStringList splits, labels;
        for (const auto& [split, file] : task.data)
            splits.append(qs(split));
        for (const TaskLabel& entry : task.labels)
            labels.append(qs(entry.id));
        const std::size_t studies = studiesWith(name);
        setCurrent(qs(name),
                   QStringLiteral("<p><b>%1</b><br>%2</p><table>")
                           .arg(qs(task.title).toHtmlEscaped(), qs(task.description).toHtmlEscaped()) +
                       factRow(tr("kind"), tr(task.kind->title())) +
                       factRow(tr("metric"), qs(heading_of(metric_info(task.primary_metric)))) +
                       factRow(tr("splits"), splits.join(QStringLiteral(", "))) +
                       (labels.isEmpty() ? QString() : factRow(tr("labels"), labels.join(QStringLiteral(", ")))) +
                       factRow(tr("source"), qs(task.source)) + factRow(tr("licence"), qs(task.licence)) +
                       factRow(tr("used by"), studies == 0 ? tr("no stored study")
                                                           : tr("%n stored study(ies)", nullptr, int(studies))) +
                       QStringLiteral("</table>"));
        return tr("%1\n%2, %3")
            .arg(qs(name), qs(task.kind->in_brief(task)), qs(metric_info(task.primary_metric).label));
    } catch (const Error& error) {
        setWrong(qs(name), qs(error.what()));
        return qs(name);
    }
}

void TaskPanel::take(const QString& id) {
    m_workspace.edit(tr("task %1").arg(id), [&](Study& study) { study.task = id.toStdString(); });
}

void TaskPanel::addData(const QString& file) {
    if (file.isEmpty()) return;
    DataDialog dialog(file, this);
    if (dialog.exec() != QDialog::Accepted) return;
    Q_EMIT tasksChanged();
    take(dialog.task());
}

void TaskPanel::edit() {
    const Found<Task>& found = m_workspace.plan()->task();
    if (found.value == nullptr) return;
    TaskDialog dialog(*found.value, m_workspace.design().backbone, this);
    if (dialog.exec() == QDialog::Accepted) Q_EMIT tasksChanged();
}

void TaskPanel::duplicate() {
    const Found<Task>& found = m_workspace.plan()->task();
    if (found.value == nullptr) return;
    Task copy = *found.value;
    copy.id = freeName(copy.id);
    copy.title += tr(" (copy)").toStdString();
    try {
        keep_task(copy);
    } catch (const Error& error) {
        Q_EMIT m_workspace.problem(qs(error.what()));
        return;
    }
    Q_EMIT tasksChanged();
    take(qs(copy.id));
}

void TaskPanel::remove() {
    const std::string id = m_workspace.plan()->task().name;
    const std::size_t studies = studiesWith(id);
    const QString details = studies == 0
                                ? tr("Its data stays where it is.")
                                : tr("Its data stays where it is, and the %n stored study(ies) that use it keep "
                                     "the task as it was.",
                                     nullptr, int(studies));
    if (!Question(tr("Remove task"), tr("Remove the task %1?").arg(qs(id)), details, tr("Remove"), tr("Keep"), this)
             .agreed())
        return;
    try {
        remove_task(id);
    } catch (const Error& error) {
        Q_EMIT m_workspace.problem(qs(error.what()));
        return;
    }
    Q_EMIT tasksChanged();
    const std::vector<std::string> left = m_workspace.sources().task_names();
    if (!left.empty()) take(qs(left.front()));
}

// Edits ask again and again, and studies come seldom.
std::size_t TaskPanel::studiesWith(const std::string& id) {
    if (!m_workspace.hasDatabase()) return 0;
    using Version = std::optional<std::pair<std::filesystem::path, int>>;
    const Version version = m_workspace.read(
        [&](const StoreReader& reader) {
            return Version({m_workspace.databaseFile(), int(reader.data_version())});
        },
        Version());
    if (!version) return 0;
    if (version != m_counted) {
        m_studies = m_workspace.read(
            [](const StoreReader& reader) {
                std::map<std::string, std::size_t> studies;
                for (const StudyLine& line : reader.study_lines(true)) {
                    const auto study = reader.study(line.id);
                    if (!study || !study->tasks.is_object()) continue;
                    for (const auto& item : study->tasks.items())
                        ++studies[item.key()];
                }
                return studies;
            },
            std::map<std::string, std::size_t>());
        m_counted = version;
    }
    const auto found = m_studies.find(id);
    return found == m_studies.end() ? 0 : found->second;
}

} // namespace diapason::ui
