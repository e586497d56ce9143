#include "ui/design/task_dialog.h"

#include "core/base/error.h"
#include "core/data/own_tasks.h"
#include "core/data/task_document.h"
#include "core/library/library.h"
#include "ui/design/token_text.h"
#include "ui/theme/combo_box.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace diapason::ui {
namespace {

constexpr std::size_t shownRows = 5;
constexpr std::size_t mostLabels = 200; // that can be edited here; of more the file says the words
constexpr int longestInput = 1'000'000; // tokens

QLineEdit* line(const std::string& text, const char* name) {
    auto* editor = new QLineEdit(qs(text));
    editor->setObjectName(QLatin1String(name));
    return editor;
}

QSpinBox* number(std::int64_t value, int most, const char* name) {
    auto* editor = new QSpinBox;
    editor->setObjectName(QLatin1String(name));
    editor->setRange(name == std::string("taskSeed") ? 0 : 1, most);
    editor->setValue(static_cast<int>(std::min<std::int64_t>(value, most)));
    return editor;
}

} // namespace

TaskDialog::TaskDialog(const Task& task, std::string backbone, QWidget* parent)
    : QDialog(parent),
      m_task(task),
      m_backbone(std::move(backbone)),
      m_title(line(task.title, "taskTitle")),
      m_template(line(task.text_template, "taskTemplate")),
      m_target(line(task.target_template, "taskTarget")),
      m_question(line(task.question, "taskQuestion")),
      m_longest(number(task.max_tokens, longestInput, "taskLongest")),
      m_longestTarget(number(task.max_target_tokens, longestInput, "taskLongestTarget")),
      m_seed(number(task.splits.seed, longestInput, "taskSeed")),
      m_labels(new QTableWidget),
      m_metrics(new QListWidget),
      m_primary(new ComboBox),
      m_stratified(new QCheckBox(tr("Every class in the same shares"))),
      m_skip(new QCheckBox(tr("Leave out rows with faults, and count them"))),
      m_tokens(new QTextBrowser),
      m_message(label("error")) {
    setWindowTitle(tr("Task: %1").arg(qs(task.id)));
    setObjectName(QStringLiteral("taskDialog"));
    resize(940, 640);
    m_tokens->setObjectName(QStringLiteral("taskTokens"));
    m_tokens->setAccessibleName(tr("First rows in tokens"));
    m_message->setObjectName(QStringLiteral("taskMessage"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_save = buttons->addButton(tr("Save"), QDialogButtonBox::AcceptRole);
    m_save->setObjectName(QStringLiteral("taskSave"));
    m_save->setProperty("primary", true);
    m_save->setDefault(true);
    auto* preview = new QWidget;
    auto* right = new QVBoxLayout(preview);
    right->setContentsMargins(0, 0, 0, 0);
    right->addWidget(label("heading", tr("First rows in tokens of %1").arg(qs(m_backbone))));
    right->addWidget(m_tokens, 1);
    auto* splitter = new QSplitter;
    splitter->addWidget(buildForm());
    splitter->addWidget(preview);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(splitter, 1);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &TaskDialog::save);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QLineEdit* editor : {m_title, m_template, m_target, m_question})
        connect(editor, &QLineEdit::textChanged, this, &TaskDialog::check);
    for (QSpinBox* editor : {m_longest, m_longestTarget})
        connect(editor, &QSpinBox::valueChanged, this, &TaskDialog::check);
    connect(m_labels, &QTableWidget::itemChanged, this, &TaskDialog::check);
    connect(m_metrics, &QListWidget::itemChanged, this, &TaskDialog::check);
    connect(m_primary, &QComboBox::currentIndexChanged, this, &TaskDialog::check);
    // Which rows come first depends on these.
    connect(m_seed, &QSpinBox::valueChanged, this, &TaskDialog::read);
    connect(m_stratified, &QCheckBox::toggled, this, &TaskDialog::read);
    connect(m_skip, &QCheckBox::toggled, this, &TaskDialog::read);
    read();
}

QWidget* TaskDialog::buildForm() {
    auto* fields = new QWidget;
    auto* form = new QFormLayout(fields);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_template->setToolTip(tr("Around the text: {text}, {pair}"));
    m_target->setToolTip(tr("What is written: {target}"));
    m_question->setToolTip(tr("As a language model is asked: {text}, {pair}, and {answer} behind them"));
    form->addRow(tr("T&itle"), m_title);
    form->addRow(tr("&Template"), m_template);
    if (m_task.kind->written(false)) form->addRow(tr("T&arget"), m_target);
    form->addRow(tr("&Question"), m_question);
    m_longest->setSuffix(tr(" tokens"));
    m_longestTarget->setSuffix(tr(" tokens"));
    form->addRow(tr("&Longest input"), m_longest);
    if (m_task.kind->written(false)) form->addRow(tr("Longest tar&get"), m_longestTarget);
    addLabels(form);
    addMetrics(form);
    addSplits(form);
    auto* scroll = new QScrollArea;
    scroll->setWidget(fields);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    return scroll;
}

void TaskDialog::addLabels(QFormLayout* form) {
    m_labels->setObjectName(QStringLiteral("taskLabels"));
    m_labels->setAccessibleName(tr("Labels and the words that stand for them"));
    dressTable(m_labels);
    m_labels->setColumnCount(2);
    m_labels->setHorizontalHeaderLabels({tr("Label"), tr("In words")});
    if (m_task.labels.empty() || m_task.labels.size() > mostLabels) return m_labels->hide();
    m_labels->setRowCount(static_cast<int>(m_task.labels.size()));
    for (int row = 0; row < m_labels->rowCount(); ++row) {
        const TaskLabel& entry = m_task.labels[static_cast<std::size_t>(row)];
        auto* id = new QTableWidgetItem(qs(entry.id));
        id->setFlags(id->flags() & ~Qt::ItemIsEditable);
        m_labels->setItem(row, 0, id);
        m_labels->setItem(row, 1, new QTableWidgetItem(qs(entry.words)));
    }
    m_labels->setEditTriggers(QAbstractItemView::AllEditTriggers);
    fitColumns(m_labels, 200);
    m_labels->horizontalHeader()->setStretchLastSection(true);
    m_labels->setMinimumHeight(5 * rowHeight);
    form->addRow(tr("La&bels"), m_labels);
}

void TaskDialog::addMetrics(QFormLayout* form) {
    m_metrics->setObjectName(QStringLiteral("taskMetrics"));
    m_metrics->setAccessibleName(tr("Metrics"));
    dressList(m_metrics, false, false);
    m_primary->setObjectName(QStringLiteral("taskPrimary"));
    for (const std::string& name : metric_names(m_task.kind->outcomes())) {
        auto* item = new QListWidgetItem(qs(heading_of(metric_info(name))));
        item->setData(Qt::UserRole, qs(name));
        item->setToolTip(qs(metric_info(name).help));
        const bool used = std::find(m_task.metrics.begin(), m_task.metrics.end(), name) != m_task.metrics.end();
        item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
        item->setCheckState(used ? Qt::Checked : Qt::Unchecked);
        m_metrics->addItem(item);
        m_primary->addItem(item->text(), qs(name));
    }
    m_primary->setCurrentIndex(m_primary->findData(qs(m_task.primary_metric)));
    m_metrics->setMinimumHeight(5 * rowHeight);
    form->addRow(tr("&Metrics"), m_metrics);
    form->addRow(tr("In tables &first"), m_primary);
}

void TaskDialog::addSplits(QFormLayout* form) {
    m_stratified->setObjectName(QStringLiteral("taskStratified"));
    m_stratified->setChecked(m_task.splits.stratified);
    m_skip->setObjectName(QStringLiteral("taskSkip"));
    m_skip->setChecked(m_task.rows.skip_bad);
    std::vector<std::string> files;
    for (const auto& [split, file] : m_task.data)
        files.push_back(file.string());
    std::sort(files.begin(), files.end());
    // Only splits that share a file are made by a rule.
    if (std::adjacent_find(files.begin(), files.end()) != files.end()) {
        form->addRow(tr("&Seed of the splits"), m_seed);
        form->addRow(QString(), m_stratified);
    }
    form->addRow(QString(), m_skip);
}

Json TaskDialog::edited() const {
    Json document = to_json(m_task);
    document["title"] = m_title->text().toStdString();
    document["template"] = m_template->text().toStdString();
    document["target_template"] = m_target->text().toStdString();
    document["question"] = m_question->text().toStdString();
    document["max_tokens"] = m_longest->value();
    document["max_target_tokens"] = m_longestTarget->value();
    for (int row = 0; row < m_labels->rowCount(); ++row)
        document["labels"].at(static_cast<std::size_t>(row))["words"] = m_labels->item(row, 1)->text().toStdString();
    Json metrics = Json::array();
    for (int row = 0; row < m_metrics->count(); ++row) {
        if (m_metrics->item(row)->checkState() == Qt::Checked)
            metrics.push_back(m_metrics->item(row)->data(Qt::UserRole).toString().toStdString());
    }
    document["metrics"] = std::move(metrics);
    document["primary_metric"] = m_primary->currentData().toString().toStdString();
    if (m_stratified->isChecked() || m_seed->value() != 0 || document.contains("split")) {
        document["split"]["seed"] = m_seed->value();
        document["split"]["stratified"] = m_stratified->isChecked();
    }
    document["skip_bad_rows"] = m_skip->isChecked();
    return document;
}

std::optional<Task> TaskDialog::task(QString& problem) const {
    try {
        return stored_task(edited(), m_task.id);
    } catch (const Error& error) {
        problem = qs(error.what());
        return std::nullopt;
    }
}

void TaskDialog::read() {
    QString problem;
    const std::optional<Task> now = task(problem);
    if (!now) return check();
    m_message->setText(tr("Reading the first rows…"));
    m_message->show();
    m_reader.start([this, now = *now, backbone = m_backbone]() -> std::function<void()> {
        auto reading = std::make_shared<Reading>();
        try {
            reading->tokenizer = Tokenizer::load(resolve_backbone(backbone));
            for (const Example& example : load_split(now, "train")) {
                if (reading->examples.size() == shownRows) break;
                reading->examples.push_back(example);
            }
        } catch (const Error& error) {
            reading->problem = qs(error.what());
        }
        return [this, reading] {
            m_reading = reading;
            check();
        };
    });
}

void TaskDialog::check() {
    QString problem;
    const std::optional<Task> now = task(problem);
    m_save->setEnabled(now.has_value());
    QString html;
    if (m_reading != nullptr && now) {
        if (problem.isEmpty()) problem = m_reading->problem;
        try {
            for (const Example& example : m_reading->examples)
                html += tokenText(preview_of(*now, *m_reading->tokenizer, example));
        } catch (const Error& error) {
            problem = qs(error.what());
        }
    }
    m_tokens->setHtml(html);
    m_message->setText(problem);
    m_message->setVisible(!problem.isEmpty());
    if (m_reading != nullptr) Q_EMIT previewed();
}

void TaskDialog::save() {
    QString problem;
    const std::optional<Task> now = task(problem);
    if (!now) return;
    try {
        keep_task(*now, true);
    } catch (const Error& error) {
        m_message->setText(qs(error.what()));
        m_message->show();
        return;
    }
    accept();
}

} // namespace diapason::ui
