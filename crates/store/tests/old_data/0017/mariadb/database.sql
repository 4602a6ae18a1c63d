/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `accounts` (
  `number` bigint(20) NOT NULL AUTO_INCREMENT,
  `id` binary(16) NOT NULL,
  `external_id` varbinary(255) DEFAULT NULL,
  `email` text DEFAULT NULL,
  `email_key` varbinary(255) DEFAULT NULL,
  `username` text DEFAULT NULL,
  `username_key` varbinary(255) DEFAULT NULL,
  `name` text DEFAULT NULL,
  `bio` text DEFAULT NULL,
  `contact` text DEFAULT NULL,
  `role` varbinary(32) NOT NULL,
  `disabled_at` bigint(20) DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  `cut_over_at` bigint(20) DEFAULT NULL,
  `disowned_at` bigint(20) DEFAULT NULL,
  `locale` varbinary(32) DEFAULT NULL,
  `email_verified_at` bigint(20) DEFAULT NULL,
  `deletion_requested_at` bigint(20) DEFAULT NULL,
  `delete_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`number`),
  UNIQUE KEY `accounts_id` (`id`),
  UNIQUE KEY `accounts_external_id` (`external_id`),
  UNIQUE KEY `accounts_email_key` (`email_key`),
  UNIQUE KEY `accounts_username_key` (`username_key`),
  KEY `accounts_delete_at` (`delete_at`)
) ENGINE=InnoDB AUTO_INCREMENT=21 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (1,0x018C0000000070008000000A00000001,0x36346237663361312DC384C3962DF09D9F99,'Zoë.Ωμέγα@Bücher.example',0x7A6FC3AB2ECF89CEBCCEADCEB3CEB140786E2D2D62636865722D6B76612E6578616D706C65,'Зоя-世界',0xD0B7D0BED18F2DE4B896E7958C,'Zoë 𝓤𝓷𝓲 Ωμέγα שלום','Здравствуйте, 世界 👩‍👩‍👧‍👦\n	\'one\' \"two\" `three` \\four\\ ; -- five %s ?\r\n ','☎ +49 30 1234567 􏿿',0x61646D696E,NULL,1791360060000,1799992800000,NULL,NULL,0x6465,1799940000000,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (2,0x018C0000000070008000000A00000002,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0x75736572,NULL,1791360120000,1791360120000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (3,0x018C0000000070008000000A00000003,NULL,'person-3@example.com',0x706572736F6E2D33406578616D706C652E636F6D,'person-3',0x706572736F6E2D33,NULL,NULL,NULL,0x75736572,1799988000000,1791360180000,1799988000000,NULL,1799988000000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (4,0x018C0000000070008000000A00000004,NULL,'person-4@example.com',0x706572736F6E2D34406578616D706C652E636F6D,'person-4',0x706572736F6E2D34,NULL,'',NULL,0x75736572,NULL,1791360240000,1791360240000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (6,0x018C0000000070008000000A00000006,NULL,'person-6@example.com',0x706572736F6E2D36406578616D706C652E636F6D,'person-6',0x706572736F6E2D36,NULL,NULL,NULL,0x75736572,NULL,1791360360000,1799988600000,NULL,1799988300000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (7,0x018C0000000070008000000A00000007,NULL,'person-7@example.com',0x706572736F6E2D37406578616D706C652E636F6D,'person-7',0x706572736F6E2D37,NULL,NULL,NULL,0x75736572,NULL,1791360420000,1799999760000,NULL,1799999760000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (8,0x018C0000000070008000000A00000008,NULL,'person-8@example.com',0x706572736F6E2D38406578616D706C652E636F6D,NULL,NULL,NULL,NULL,NULL,0x75736572,NULL,1791360480000,1791360480000,NULL,1799999820000,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (9,0x018C0000000070008000000A00000009,NULL,NULL,NULL,'person-9',0x706572736F6E2D39,NULL,NULL,NULL,0x75736572,NULL,1791360540000,1791360540000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (10,0x018C0000000070008000000A0000000A,NULL,'person-10@example.com',0x706572736F6E2D3130406578616D706C652E636F6D,'person-10',0x706572736F6E2D3130,NULL,NULL,NULL,0x75736572,NULL,1791360600000,1791360600000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (11,0x018C0000000070008000000A0000000B,NULL,'person-11@example.com',0x706572736F6E2D3131406578616D706C652E636F6D,'person-11',0x706572736F6E2D3131,NULL,NULL,NULL,0x75736572,NULL,1791360660000,1791360660000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (12,0x018C0000000070008000000A0000000C,NULL,'person-12@example.com',0x706572736F6E2D3132406578616D706C652E636F6D,'person-12',0x706572736F6E2D3132,NULL,NULL,NULL,0x75736572,NULL,1791360720000,1791360720000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (13,0x018C0000000070008000000A0000000D,NULL,'person-13@example.com',0x706572736F6E2D3133406578616D706C652E636F6D,'person-13',0x706572736F6E2D3133,NULL,NULL,NULL,0x75736572,NULL,1791360780000,1791360780000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (14,0x018C0000000070008000000A0000000E,NULL,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,'person-14',0x706572736F6E2D3134,NULL,NULL,NULL,0x75736572,1799999880000,1791360840000,1799999880000,NULL,1799999880000,NULL,NULL,1799999880000,1800604800000);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (15,0x018C0000000070008000000A0000000F,NULL,'person-15@example.com',0x706572736F6E2D3135406578616D706C652E636F6D,'person-15',0x706572736F6E2D3135,NULL,NULL,NULL,0x75736572,NULL,1791360900000,1791360900000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (16,0x018C0000000070008000000A00000010,NULL,'person-16@example.com',0x706572736F6E2D3136406578616D706C652E636F6D,'person-16',0x706572736F6E2D3136,NULL,NULL,NULL,0x75736572,NULL,1791360960000,1791360960000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (17,0x018C0000000070008000000A00000011,NULL,'person-17@example.com',0x706572736F6E2D3137406578616D706C652E636F6D,'person-17',0x706572736F6E2D3137,NULL,NULL,NULL,0x75736572,NULL,1791361020000,1791361020000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (18,0x018C0000000070008000000A00000012,NULL,'person-18@example.com',0x706572736F6E2D3138406578616D706C652E636F6D,'person-18',0x706572736F6E2D3138,NULL,NULL,NULL,0x75736572,NULL,1791361080000,1791361080000,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `accounts` (`number`, `id`, `external_id`, `email`, `email_key`, `username`, `username_key`, `name`, `bio`, `contact`, `role`, `disabled_at`, `created_at`, `updated_at`, `cut_over_at`, `disowned_at`, `locale`, `email_verified_at`, `deletion_requested_at`, `delete_at`) VALUES (20,0x018C0000000070008000000A00000014,NULL,'person-20@example.com',0x706572736F6E2D3230406578616D706C652E636F6D,'person-20',0x706572736F6E2D3230,NULL,NULL,NULL,0x75736572,NULL,1791361200000,1791361200000,1799994600000,1799995200000,NULL,NULL,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `adopted_sessions` (
  `session_id` binary(16) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`session_id`),
  KEY `adopted_sessions_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `adopted_sessions` (`session_id`, `expires_at`) VALUES (0x018C000000007000800000050000000B,1802592000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit_events` (
  `id` binary(16) NOT NULL,
  `happened_at` bigint(20) NOT NULL,
  `kind` varbinary(64) NOT NULL,
  `actor_id` binary(16) DEFAULT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `session_id` binary(16) DEFAULT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `request_id` varbinary(64) DEFAULT NULL,
  `detail` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `audit_events_account_id` (`account_id`,`id`),
  KEY `audit_events_kind` (`kind`,`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000001,1791360060000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000002,1791360120000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000002,0x018C0000000070008000000A00000002,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000003,1791360180000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000003,0x018C0000000070008000000A00000003,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000004,1791360240000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000004,0x018C0000000070008000000A00000004,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000005,1791360300000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000005,0x018C0000000070008000000A00000005,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000006,1791360360000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000006,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000007,1791360420000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000008,1791360480000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000008,0x018C0000000070008000000A00000008,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000009,1791360540000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000009,0x018C0000000070008000000A00000009,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000A,1791360600000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000A,0x018C0000000070008000000A0000000A,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000B,1791360660000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000B,0x018C0000000070008000000A0000000B,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000C,1791360720000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000C,0x018C0000000070008000000A0000000C,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000D,1791360780000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000D,0x018C0000000070008000000A0000000D,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000E,1791360840000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000E,0x018C0000000070008000000A0000000E,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000000F,1791360900000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A0000000F,0x018C0000000070008000000A0000000F,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000010,1791360960000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000010,0x018C0000000070008000000A00000010,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000011,1791361020000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000011,0x018C0000000070008000000A00000011,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000012,1791361080000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000012,0x018C0000000070008000000A00000012,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000013,1791361140000,0x6163636F756E745F63726561746564,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000014,1799987400000,0x726F6C655F6368616E676564,NULL,0x018C0000000070008000000A00000001,NULL,NULL,NULL,NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000015,1799988000000,0x6163636F756E745F64697361626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000003,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000016,1799988300000,0x6163636F756E745F64697361626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000017,1799988600000,0x6163636F756E745F656E61626C6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000006,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000018,1796544000000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000003,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000019,1799996400000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000001,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001A,1799996400000,0x6C6F676765645F696E,0x018C0000000070008000000A00000002,0x018C0000000070008000000A00000002,0x018C0000000070008000000500000009,NULL,NULL,NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001B,1799998800000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000004,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001C,1799998800000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000005,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001D,1799999580000,0x6C6F676765645F696E,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000007,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001E,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000002,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000001F,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,0x018C0000000070008000000500000008,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000020,1799999640000,0x6C6F676765645F696E,0x018C0000000070008000000A00000008,0x018C0000000070008000000A00000008,0x018C000000007000800000050000000A,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000021,1799999400000,0x726566726573685F746F6B656E5F726575736564,NULL,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000004,0x323030313A6462383A6261643A3A31,'curl/8',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000022,1799999700000,0x726566726573685F726574726965645F6C617465,NULL,0x018C0000000070008000000A00000007,0x018C0000000070008000000500000005,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000023,1799999700000,0x73657373696F6E5F7265766F6B6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000001,0x018C0000000070008000000500000002,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000024,1799999760000,0x70617373776F72645F6368616E676564,0x018C0000000070008000000A00000007,0x018C0000000070008000000A00000007,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000025,1799999820000,0x73657373696F6E735F7265766F6B6564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000008,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000026,1799999880000,0x6163636F756E745F64656C65746564,0x018C0000000070008000000A00000001,0x018C0000000070008000000A00000005,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000027,1799999880000,0x6163636F756E745F64656C65746564,0x018C0000000070008000000A00000013,0x018C0000000070008000000A00000013,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000028,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E00000029,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002A,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002B,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002C,1799999940000,0x6B6579735F726F7461746564,NULL,NULL,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002D,1799999940000,0x73657373696F6E5F61646F70746564,0x018C0000000070008000000A00000014,0x018C0000000070008000000A00000014,0x018C000000007000800000050000000B,0x3139322E302E322E38,'tablet/1',NULL,NULL);
INSERT INTO `audit_events` (`id`, `happened_at`, `kind`, `actor_id`, `account_id`, `session_id`, `address`, `user_agent`, `request_id`, `detail`) VALUES (0x018C0000000070008000000E0000002E,1799999880000,0x64656C6574696F6E5F7363686564756C6564,0x018C0000000070008000000A0000000E,0x018C0000000070008000000A0000000E,NULL,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `audit_seals` (
  `seq` bigint(20) NOT NULL,
  `event_id` binary(16) NOT NULL,
  `seal` varbinary(64) NOT NULL,
  PRIMARY KEY (`seq`),
  UNIQUE KEY `audit_seals_event_id` (`event_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `jobs` (
  `name` varbinary(64) NOT NULL,
  `held_by` varbinary(255) NOT NULL,
  `held_until` bigint(20) NOT NULL,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `jobs` (`name`, `held_by`, `held_until`) VALUES (0x636C6561725F61776179,0x746865206E6F6465206F66206F6C642064617461,1800003000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `known_clients` (
  `account_id` binary(16) NOT NULL,
  `place` binary(32) NOT NULL,
  `seen_at` bigint(20) NOT NULL,
  PRIMARY KEY (`account_id`,`place`),
  KEY `known_clients_seen_at` (`seen_at`),
  CONSTRAINT `known_clients_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `known_clients` (`account_id`, `place`, `seen_at`) VALUES (0x018C0000000070008000000A00000001,0xFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFEFE,1799996400000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `one_time_tokens` (
  `id` binary(16) NOT NULL,
  `purpose` varbinary(32) NOT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `email` text NOT NULL,
  `email_key` varbinary(255) NOT NULL,
  `digest` binary(32) NOT NULL,
  `code_digest` binary(32) DEFAULT NULL,
  `payload` mediumtext DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `one_time_tokens_digest` (`digest`),
  KEY `one_time_tokens_account_id` (`account_id`,`purpose`),
  KEY `one_time_tokens_email_key` (`email_key`,`purpose`,`id`),
  KEY `one_time_tokens_purpose` (`purpose`,`id`),
  KEY `one_time_tokens_expires_at` (`expires_at`),
  CONSTRAINT `one_time_tokens_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `one_time_tokens` (`id`, `purpose`, `account_id`, `email`, `email_key`, `digest`, `code_digest`, `payload`, `created_at`, `expires_at`) VALUES (0x018C0000000070008000000700000001,0x756E646F5F64656C6574696F6E,0x018C0000000070008000000A0000000E,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,0x76A00D177723289C3C288AC8967D86D90171D5DE101F5E5CA016A133B04C3A83,NULL,NULL,1799999880000,1800604800000);
INSERT INTO `one_time_tokens` (`id`, `purpose`, `account_id`, `email`, `email_key`, `digest`, `code_digest`, `payload`, `created_at`, `expires_at`) VALUES (0x018C0000000070008000000700000002,0x7265676973746572,NULL,'Neue@Bücher.example',0x6E65756540786E2D2D62636865722D6B76612E6578616D706C65,0x91AE46B34C2B977A3B1BD5D6C7C564A51623C891D703A414106ED07C3AC6E29D,0xD5227336DF10F1F1288BBC03428BB530AD70638774D982285DE24562DBF729B6,'{\"name\":\"Ωμέγα 👩‍👩‍👧‍👦 \' \\\\ $1 ?\"}',1799999880000,1800604800000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `outbox` (
  `id` binary(16) NOT NULL,
  `kind` varbinary(64) NOT NULL,
  `account_id` binary(16) DEFAULT NULL,
  `email` text NOT NULL,
  `email_key` varbinary(255) NOT NULL,
  `locale` varbinary(32) DEFAULT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `token_id` binary(16) DEFAULT NULL,
  `detail` text DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `state` varbinary(32) NOT NULL,
  `attempts` bigint(20) NOT NULL,
  `due_at` bigint(20) NOT NULL,
  `held_by` varbinary(255) DEFAULT NULL,
  `held_until` bigint(20) DEFAULT NULL,
  `last_error` text DEFAULT NULL,
  `finished_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `outbox_due_at` (`state`,`due_at`,`id`),
  KEY `outbox_state` (`state`,`id`),
  KEY `outbox_email_key` (`email_key`,`kind`,`finished_at`),
  KEY `outbox_finished_at` (`state`,`finished_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`) VALUES (0x018C0000000070008000000300000001,0x64656C6574696F6E5F7363686564756C6564,0x018C0000000070008000000A0000000E,'person-14@example.com',0x706572736F6E2D3134406578616D706C652E636F6D,0x656E,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',0x018C0000000070008000000700000001,NULL,1799999880000,0x70656E64696E67,0,1799999880000,0x746865206E6F6465206F66206F6C642064617461,1800000030000,NULL,NULL);
INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`) VALUES (0x018C0000000070008000000300000002,0x7265676973746572,NULL,'Neue@Bücher.example',0x6E65756540786E2D2D62636865722D6B76612E6578616D706C65,NULL,NULL,NULL,0x018C0000000070008000000700000002,'\'one\' \"two\" 世界',1799999940000,0x70656E64696E67,1,1800000060000,NULL,NULL,'450 4.2.0 später',NULL);
INSERT INTO `outbox` (`id`, `kind`, `account_id`, `email`, `email_key`, `locale`, `address`, `user_agent`, `token_id`, `detail`, `created_at`, `state`, `attempts`, `due_at`, `held_by`, `held_until`, `last_error`, `finished_at`) VALUES (0x018C0000000070008000000300000003,0x70617373776F72645F6368616E676564,0x018C0000000070008000000A00000007,'person-7@example.com',0x706572736F6E2D37406578616D706C652E636F6D,0x656E,0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',NULL,NULL,1799999760000,0x73656E74,1,1799999760000,NULL,NULL,NULL,1799999820000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `passwords` (
  `account_id` binary(16) NOT NULL,
  `hash` varbinary(1024) NOT NULL,
  `updated_at` bigint(20) NOT NULL,
  PRIMARY KEY (`account_id`),
  CONSTRAINT `passwords_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000001,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360060000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000003,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360180000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000006,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791360360000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000007,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1799999760000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000008,0x243261243034244F6C64446174614F6C64446174614F6C64446174614F6F57524A2F4437677434714D78433248797042414462385361365737372E47,1791360480000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000009,0x243278243034244F6C64446174614F6C64446174614F6C64446174614F557641567532493132352F33686330506C4D4A726F3131714D4E3167586669,1791360540000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000A,0x243279243034244F6C64446174614F6C64446174614F6C64446174614F4B366E747575762F43337067784E2E5976324C6D6E5373674A2F4A625A3869,1791360600000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000B,0x246172676F6E32696424763D3139246D3D3235362C743D322C703D3124633239745A584E68624851246E663635454F674C72514D522F7549506E413472457346356837544B79517775395531624D434847692F34,1791360660000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000C,0x246172676F6E326924763D3139246D3D3235362C743D322C703D3224633239745A584E6862485124542F584F4A326D68312F5449704A4866436451616E3736513565734346566F54354D4165494D314F713245,1791360720000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000D,0x246172676F6E3269246D3D3235362C743D322C703D3124633239745A584E68624851242F5533595058597353623371395878487663304D4C7875722B47503936306B4E396A37656D5858387A7759,1791360780000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000E,0x24736372797074246C6E3D342C723D382C703D31246232786B4C57526864474574633246736441244B76326933613173662F2B376A39764A752F58595446644B392B674B3754304865534A4577596948583067,1791360840000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A0000000F,0x2470626B6466322D73686132353624693D313030302C6C3D3332246232786B4C5752686447457463324673644124516B334F52326652794D4A5377743949374A686263554873522F52574F2F333947764A4F45396F384B616F,1791360900000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000010,0x2470626B6466322D73686135313224693D313030302C6C3D3332246232786B4C5752686447457463324673644124434E2F73364341426377666F742F346371736E784B323832654B75784E724168673158344F686B7775306F,1791360960000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000011,0x70626B6466325F7368613235362431303030246F6C646461746173616C7424724D626732514B6E34336742334644494777566675744B624763504944703958784C464A3142776E4D4C493D,1791361020000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000012,0x2470626B64663224313030302438504879382F5431397666342E6672372F50332E2F7724564C4F7773624C4D694E595A326964424C624E4646434371352E77,1791361080000);
INSERT INTO `passwords` (`account_id`, `hash`, `updated_at`) VALUES (0x018C0000000070008000000A00000014,0x243262243034244F6C64446174614F6C64446174614F6C64446174614F4E7172705265374433426E5A4463796C43794664663571624535644743342E,1791361200000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `revocations` (
  `session_id` binary(16) NOT NULL,
  `revoked_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`session_id`),
  KEY `revocations_revoked_at` (`revoked_at`),
  KEY `revocations_expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000002,1799999700000,1800000540000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000004,1799999400000,1800000060000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000007,1799999760000,1800000480000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C0000000070008000000500000008,1799999880000,1800000540000);
INSERT INTO `revocations` (`session_id`, `revoked_at`, `expires_at`) VALUES (0x018C000000007000800000050000000A,1799999820000,1800000540000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `schema_migrations` (
  `version` bigint(20) NOT NULL,
  `name` varbinary(255) NOT NULL,
  `checksum` varbinary(64) NOT NULL,
  `applied_at` bigint(20) NOT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (1,0x303030315F6163636F756E7473,0x64326135666635613165633564616531613737396262333863623930306438366365613930653231393234373433343538306238316164373566383035386263,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (2,0x303030325F70617373776F726473,0x30396135346439303036633139343262326539346231346132393666316663326662646232616464323437313934393538636361623563323563393830636230,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (3,0x303030335F73657373696F6E73,0x64326139316437336466306362646437366262653631393364323531626537303630383262386465386130616130396435646462306333393839303238316230,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (4,0x303030345F7265766F636174696F6E73,0x32653534393761616434316462316631346333326366396464653966393666316632646263366161346538656530616638323134666165366231373630613962,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (5,0x303030355F7369676E696E675F6B657973,0x31643738643764646631363566326438643163623236316663626339346338643036366236393630636362613438313862306131623664333164636332386366,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (6,0x303030365F61756469745F6576656E7473,0x31346633363434323338383064333633333366656164383861643032613734663732646663646262363630333564613033393730373739323037343834326637,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (7,0x303030375F6A6F6273,0x30336533333433663934386465616166393131386232353239393262396135646434336166633761653639646234396639643439636636386633653662323263,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (8,0x303030385F6163636F756E745F6375745F6F766572,0x37393934373863303661376663643464643932633764306536343461656333326337623336363664653938366437613430633437373631633335336235626534,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (9,0x303030395F61646F707465645F73657373696F6E73,0x39653632326337346139626335346164313765383066623538343264656239613865373266313162633464306362643233643335366334373032653430663163,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (10,0x303031305F7468726F74746C6573,0x32363966643964333963653330663831666538343666353237393761616262613734663137643836363537613638353138623738643466643261653033663366,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (11,0x303031315F61756469745F7365616C73,0x32313666376466326232623030363131323030373434623063633830633437396435326263313735666561363130656264643438396132326331333763343538,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (12,0x303031325F73657373696F6E5F61757468656E746963617465645F6174,0x35393734353733386431303763363266663239376235333963643039303662306165343539326138393037623563633033616133383937616533323565336464,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (13,0x303031335F61756469745F6576656E745F64657461696C73,0x34653538303361363832646433613561626231346138623161306534653961663535343937643564613132393663396534636433363564313563396635396530,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (14,0x303031345F6163636F756E745F6D61696C73,0x32346536306330623734306262643230353433663131343235616165623538326263666362663538643362666238633166393934623962646637663866336564,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (15,0x303031355F6F6E655F74696D655F746F6B656E73,0x65616362363430613537623661363533653035376335613562643062303339316331366466633239353264323666346136353432343665373532393231643235,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (16,0x303031365F6F7574626F78,0x39363935656464323733353634393965303932333939383032633733386434396338336130316566336137323437333734306438373032666538386238396533,1800000000000);
INSERT INTO `schema_migrations` (`version`, `name`, `checksum`, `applied_at`) VALUES (17,0x303031375F6B6E6F776E5F636C69656E7473,0x34373232383765323833303635646463636264363863346165316632643937346637356265376538663338343064636239343631656130613435623063396639,1800000000000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `sessions` (
  `id` binary(16) NOT NULL,
  `account_id` binary(16) NOT NULL,
  `generation` bigint(20) NOT NULL,
  `rotations` text NOT NULL,
  `address` varbinary(64) DEFAULT NULL,
  `user_agent` text DEFAULT NULL,
  `created_at` bigint(20) NOT NULL,
  `last_seen_at` bigint(20) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  `idle_expires_at` bigint(20) NOT NULL,
  `access_expires_at` bigint(20) NOT NULL,
  `revoked_at` bigint(20) DEFAULT NULL,
  `revoke_reason` varbinary(64) DEFAULT NULL,
  `authenticated_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `sessions_account_id` (`account_id`,`id`),
  KEY `sessions_idle_expires_at` (`idle_expires_at`),
  KEY `sessions_revoked_at` (`revoked_at`),
  KEY `sessions_unrevoked` (`account_id`,`revoked_at`,`id`),
  CONSTRAINT `sessions_account_id` FOREIGN KEY (`account_id`) REFERENCES `accounts` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000001,0x018C0000000070008000000A00000001,3,'1@1799999980000@1799999980000 2@1799999990000@1799999990000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799996400000,1799999990000,1802588400000,1801209590000,1800000890000,NULL,NULL,1799996400000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000002,0x018C0000000070008000000A00000001,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799999640000,1799999640000,1802591640000,1801209240000,1800000540000,1799999700000,0x6C6F676765645F6F7574,1799999640000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000003,0x018C0000000070008000000A00000001,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1796544000000,1796544000000,1799136000000,1797753600000,1796544900000,NULL,NULL,1796544000000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000004,0x018C0000000070008000000A00000007,3,'2@1799999160000@1799999160000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799998800000,1799999160000,1802590800000,1801208760000,1800000060000,1799999400000,0x726566726573685F746F6B656E5F726575736564,1799998800000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000005,0x018C0000000070008000000A00000007,2,'1@1799999280000@1799999700000',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799998800000,1799999280000,1802590800000,1801208880000,1800000600000,NULL,NULL,1799998800000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000006,0x018C0000000070008000000A00000006,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1791360360000,1791360360000,1793952360000,1792569960000,1791361260000,1799988300000,0x6163636F756E745F64697361626C6564,1791360360000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000007,0x018C0000000070008000000A00000007,1,'',0x3139322E302E322E38,'tablet/1',1799999580000,1799999580000,1802591580000,1801209180000,1800000480000,1799999760000,0x70617373776F72645F6368616E676564,1799999580000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C0000000070008000000500000009,0x018C0000000070008000000A00000002,1,'',NULL,NULL,1799996400000,1799996400000,1802588400000,1801206000000,1799997300000,NULL,NULL,1799996400000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C000000007000800000050000000A,0x018C0000000070008000000A00000008,1,'',0x3139322E302E322E37,'phone/1 📱 (Ωμέγα)',1799999640000,1799999640000,1802591640000,1801209240000,1800000540000,1799999820000,0x7265766F6B65645F62795F61646D696E,1799999640000);
INSERT INTO `sessions` (`id`, `account_id`, `generation`, `rotations`, `address`, `user_agent`, `created_at`, `last_seen_at`, `expires_at`, `idle_expires_at`, `access_expires_at`, `revoked_at`, `revoke_reason`, `authenticated_at`) VALUES (0x018C000000007000800000050000000B,0x018C0000000070008000000A00000014,1,'',0x3139322E302E322E38,'tablet/1',1799999940000,1799999940000,1802591940000,1801209540000,1800000840000,NULL,NULL,1799999940000);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `signing_keys` (
  `purpose` varbinary(64) NOT NULL,
  `kid` varbinary(255) NOT NULL,
  `algorithm` varbinary(32) NOT NULL,
  `state` varbinary(32) NOT NULL,
  `sealed` blob NOT NULL,
  `created_at` bigint(20) NOT NULL,
  `activated_at` bigint(20) DEFAULT NULL,
  `retired_at` bigint(20) DEFAULT NULL,
  PRIMARY KEY (`purpose`,`kid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x465F7A7A4C6B3643316B414D5F5F3557496936656877,0x5253323536,0x72657469726564,0x01F5E04B5E44022E8BC1533500E760F85B8B81D47F528FEDB8C2F332B4C62B6DAC7BF1AF753650A16DAB2FE2B0983FDEAB46D383480349A535ECD92546F979925FCBAE4328EA048A0E06FE5DBE652B7758522F74E8D2C5AD92574912C172EBDDA7443CC35379DB283ABF37AE0BE4E5E06128359F8B501E9CB18647CF546A5E07616DCDF7C19B44327D82C23190782FC98271A71A5873C75FEBE844DD7B11350C82C85AE28492CFD56BD35F36A33BF7856D34289B4AA0FBFE1E6A849DFD915A548ED002BFCF770F205EE72209E4F31293B4DAE25BC93AB0A2CB9B4BDFAC39E71770A9DBC100320FDEF3B55D1D0824CBBA5015E8865D1D29208BE15CA1A35AFE554CF097DE3AC749915B0A11214D8044DDE9436A6C49B00D9BA733BF5945ABF296494513E2FCB66E52ECE1483C827C928A5B8AE75A756D193BC51B571568B7BCC9E30EA3241F5C41C72475B3E9E6552AC2373C647975A7A59BDB03EBE34B6AD6A37467A079EB16F6B8C2EBFC29D4738E058E044ADA63D1F0E35AB69365E4C9F7DCC8B817F7A98EFDCE70A83C7ACB55178EF3ECA083BCB0EA8EBACB5F3D325BE7CC26CD52C6F83DC3DA1C845CF7CD3E4884D46E9D589972A9C4E16EA3C550939666625EFD74782C884A2763478B7655644F3EC091E82C7962775587FFBB2B6FB3B72DA4CC7752CBD6E319CCA6A4B9D9F6A862DF8942E14EC41B54976668BEB583D1DAC4E7A4B78B38081985AF29B56F14E8A3078BF3790CF2728EE99AD5AACDD6A185DF4F9C064BBCD387BA8B3DFE6B25A7F7A1C8A3A77BED94FE2C2303ED4754F5778536784FA524A952A9239647027694E30BE6CBD9A90B374E8842FE7CFC3D10CB18077354C1D04B9B6FC0E9A3565DA231AD5D34D6A60F5CC58CA54E280432348D984183DBD1479E59A31FD558CD49E3749E7E3570BBA2E96959392182B1273C90EFCE983710C64F49D7BB28F8E404D0454BF444FC50086B56771B3921B1CCCE76B1EF895E7A8F4583CF355708FCAFF1122ABA85E43466613A2E45740DD22278EA797F7A88E5022E4AF087B8AA4EB04F505A0BD8F5431224831EEA3ECDD652860DFAE98FC1308B8258B801831AD942E405B5148B3D5808C792512CEF82DEBE613008CAAB14949D32EC5C6ECD2F9462D5D6A46B2A5A38C2F8BD0D320D09710066B2D57C3010314D5466CB6DAA6B765C695CCC00E0EDD11CAD728B7B4F5D9DC0EEB48C9D7617F835C8459418612F04CE151BF07BA204C31DCB1E970D90FF85FA48E05D4C7BC420248D4B0F421345A28031DF78C61509BD0ED3E2615576B1962CE235E3EA5CD793D9AC0C8A5B19059653BF9F20030DB48DF83D6C99667C32145930438A886F43A085EFF880AB9AAC3FB5B6386B8C0520BC064A9C33B9FCFF8C118BBA8BF70E4483F6330740E0A5FB31BB561064D5D0E92252EF98C92058E0B9492F6A367926A7699B6EED58D75506909180189D76FB8274E51DBDFA3653391D16AF32A51C3E655A3407F13C3FB847AB7E5E90C41493065930CF72D5896512342145BCC945F571F6F882B699FAE319234F4C022762220D83D4B568FBBEEA5E35A2BCB0E5E25A11AAEDD7D01E19186B638EF4A8D69613D7602A5E6BAE4F603CDF5EAC4C3B5C30436A906FBCD4FE39EA93A16AEEC2C41C4E499F044795D214917287321B9DEBEE6471D7B5657BA643D1A5133EFC6C3E8681EF129FAAD381C9A3E928AF4B1CEDA2D8ED562508FA1934DAE2EDFA6F16FF198D116060A5DCF9212EB7616A7F86540D096DA7295CE5A0259C7171AD856CF112C41D6BAA2FA2156131EB8A3004DE6D322701A37CC32720B1672DCBEB4BCB12591D472BBDED0398BE95B0E8CF14184A1C4E9AFC01C78DA20AB39AB272EE318A25652E9A9F323E12D2650EDF877F67DF13BAB5152CEA28688E2FFCD9A0074D869730E1D64E86601D3AE7B2FA86A822709045AE231DA209755D8499D302CCAC62FA0418E0A432638CBF195864B92C789DBD97E925772E2D9E84D931FE696E3DEC733BF6549D309C438CAD15AE7398DF1C4B1AACA84723A750DC3CB03F698CA9023CFEA27CB931957954A25E5FB33ABCB3537D8A81273D6AA35DC44190D7D2A7F11EB8F074BB4E170879D2692CA6E07936E836074CF25A49CA7F3A2C1646A27829F42C9EFB43F235865D64BEED27FFB0E60E63736BBE4EE4BAEDDB7921351ED0723BA10502CB8A99EEBD99752D7BA22DE053D6D937CD712AC5FCF58FD99FE4C22DD32DFE7D2F77ADF6187B7929E02130C382CF9756445DBC77879F5C8EAA526E6BB072C70DC4E67F50B3EE1F6D8BBDB3EAF0B04DFC34930AC7C4D3B800D24A6A68AFC9F951469CB802EED0ACE798179DE11F65B4E136D32DE2D521E31D805583E3F45DC19E35A9F9BBCF24D2B94FC2461BDD299CC74F0B6BC61B1C59D411CA7F0627732F77CB4DC6A87304ADC2E90FC5DBD5319A0061CA9A562D9CF1664B7D4A2B9422084AAEF7EE91B9BD09A238CBE6DA14EB042160A53578518CE80E3297CB776C939D7968CC10CE17D182E29741B3321D649FAD28F8AB1DBAA2FE92ABEAA0C3C3D4D0C48C956BC98B6D,1799999760000,1799999820000,1799999880000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x596775654E5A6961624C6973587A49355A3979705277,0x4553323536,0x6E657874,0x01F3E073CAB44595096B93C341C3AE960F04D0AE25B1ED3D8F1949A1C12B8577A9D3F09FC4D49BA9E71FDAE2475075CBCE7795AC3695D234D523F7E9FE6AAC8DC0DB4009357507E84B8CB5DD1E8592B980011EB85D71F1B95F00DDD807A20587BAFF549C472894AE22F5EA4FC893B6CDD04A1F523126A4AE47D326A2563B70E2DDE85A6403DB6B0F8682429AD2894EA5537C8B6939450F3329756D544B7ABD4EAA711FAD986F38,1799999880000,NULL,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x657458745951515170756C304262703337334E475451,0x4564445341,0x616374697665,0x01E5BE4C4CFD8CAF21F8E86ABD0BC8E816551706DCD45C42997E00C3765A7E0F6EA5F1367A1611BC5FE4DD642D4379BB221AD90E0B102D974AA3B021E8,1799999820000,1799999880000,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x756255423064685575334741416857515F77744E7777,0x4564445341,0x7265766F6B6564,0x01A53C36D76CEC99E075852712C7D50A95A97AC6C30CF99F2707E3FAECEA9E5E9502B2E1D175F404A3591C0DC3E04522832E69CB2225501CDCDFE8D99D,1799999700000,1799999700000,1799999760000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x6163636573735F746F6B656E,0x7746327153347250646E534B6F746551316B477A6877,0x4853323536,0x72657469726564,0x01A8574C6FAE6D9B6F3B4A79A5A023354D3FD02708E3857E9F1EE0DF5FB859416175A0DCE0D4154F9B678F9F05F07E88476D66970BBBFE1A5CB7924A30,1799999700000,1799999760000,1799999820000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x3436383765393635,0x484D4143,0x7265766F6B6564,0x019C442A5C3C97D714CD8F54D103CCCE479E137DF2A461F8B1EC29FDB9C7239040F2EB4003E1E8128768CAEC0AF7D38EB2E3DE4D5774A17ACD066BAE57,1799999700000,1799999700000,1799999760000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x3633383131303539,0x484D4143,0x616374697665,0x01B2FF8786380DFFA78160C69FD6C0F9E42FA6598F2F3522D8D8363314060E35AE3DEAB4AAA817D8F26408B2DF5B93B7CB879975BB0D4EC56A7C53BB95,1799999760000,1799999820000,NULL);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x6162663732643064,0x484D4143,0x72657469726564,0x0127CD5B444516330B8A7709196FE67EC4955624441B78D62B345669C3FC7BC620E10714511857CD67FCC5FEF324F71C5A88DA58F994D574E6A682BB49,1799999700000,1799999760000,1799999820000);
INSERT INTO `signing_keys` (`purpose`, `kid`, `algorithm`, `state`, `sealed`, `created_at`, `activated_at`, `retired_at`) VALUES (0x726566726573685F746F6B656E,0x6363393463366338,0x484D4143,0x6E657874,0x015262F0BFB24055F552C84D5AFF71A6B53168055336D72C4BC01534949947455574A61E37F5967866C5265089048CD6F7D66DDF269CB48CA49EE863F2,1799999820000,NULL,NULL);
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `throttles` (
  `id` binary(16) NOT NULL,
  `counted` bigint(20) NOT NULL,
  `subject` binary(16) DEFAULT NULL,
  `counter` varbinary(255) NOT NULL,
  `expires_at` bigint(20) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `throttles_counted` (`counted`,`expires_at`),
  KEY `throttles_subject` (`subject`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

