#include "ui/frame/latest_work.h"

#include <utility>

namespace diapason::ui {
namespace {

constexpr int progressEvery = 200; // ms

} // namespace

LatestWork::LatestWork(QObject* parent) : QObject(parent) {
    m_thread.setMaxThreadCount(1);
    m_progress.setInterval(progressEvery);
    connect(&m_progress, &QTimer::timeout, this, [this] {
        const std::string part = m_work->part();
        if (!part.empty()) Q_EMIT progressed(QString::fromStdString(part), qRound(100 * m_work->share()));
    });
}

LatestWork::~LatestWork() {
    if (m_work) m_work->stop();
    m_thread.clear();
    m_thread.waitForDone();
}

void LatestWork::start(Job job) {
    if (m_work) m_work->stop();
    m_work = std::make_shared<AwaitedWork>();
    m_progress.start();
    m_thread.start([this, number = ++m_number, work = m_work, job = std::move(job)] {
        const AwaitedWork::Scope scope(*work);
        QMetaObject::invokeMethod(this, [this, number, answer = job()] {
            if (number != m_number) return;
            m_progress.stop();
            answer();
        });
    });
}

} // namespace diapason::ui
